"""Analyses for callers: what each needs is read in few calls, computed in a process of its own, and answered.

Called by `calls` for a tool whose answer is computed. The analyses themselves are in `runtime.insights`, and know
neither vendor nor network.

- `questions`: what is wanted, as calls of the tools that list records
- `plans`: pages of them, few in one request where the vendor takes several
- `fetching`: single requests, and why no more are made
- `reading`: carrying out the calls, up to a limit, and what is missing after that
- `work_pairs`: who may have the work system of the same tenant read beside the books
- `work_reading`: its lists, page after page
- `work_parts`: lists that are found through the records of another list
- `estimating`: how many requests of both systems an analysis would take
- `parts`: what was read, for an answer that is continued
- `dismissals`: findings that a person said are right
- `answering`: the path of a call
"""
