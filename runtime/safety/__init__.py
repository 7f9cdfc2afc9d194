"""What stands between an agent and the books: checks, merging, policies, masking and idempotency keys.

Called by `operations` and `exchange` at several points of a call, and by the endpoints; nothing here sends.

- `write_options`, `company`, `findings`: how a write is to be made, for which company, and what is wrong with it
- `updates`, `merging`, `entries`, `values`, `differences`: an update laid over what is stored, and what it changed
- `preflight`, `likeness`: what a record is held against, and whether one like it is there
- `reference_spots`, `references`: names in the place of Ids, and what a record refers to
- `policies`: what the MCP server lets through
- `journal`: the chain of the journal, its outcomes and what undoes a write
- `masking`, `masked_updates`, `write_answers`, `comparisons`: what is sensitive is hidden, retained in an update, shown
  to nobody who may only write, and compared by no query
- `fences`: texts of records marked as data
- `once`: an idempotency key bound to its caller and call
- `guesses`: wrong tokens slowed down
"""
