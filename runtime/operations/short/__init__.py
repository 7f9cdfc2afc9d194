"""Short tools: a few plain arguments become calls of the tools of the catalog, and their answers one answer.

Called by `mcp_server.methods`, which gives it the function that carries out each call: what a short tool does passes
every check, policy, limit and journal that the tool it calls passes. Nothing in here sends anything by itself, and no
tool is named in here: `definitions/<integration>/short/` says what each one is.

- `listing`: the short tools that a toolset has
- `reading`: what a caller gave, in any style of writing, and what was wrong with it
- `steps`: the records that are read before the tool is called
- `renaming`: errors that name the arguments of the short tool
- `merging`: the records of several lists as one, by day
- `shapes`: answers with more members, results of a search, one document
- `short_calls`: the path of a call
"""
