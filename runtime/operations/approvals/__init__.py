"""Writes that wait for a person: an agent proposes, the server waits, somebody who may approves.

- `rules`: whether a write waits, and by which rules; who may approve, and until when
- `waits`: how the path of a call asks whether a write waits
- `staging`: a write that passed every check is stored in place of being sent
- `comparing`: the record as it would stand, and what of it a change is about
- `recognizing`: what the same call again is known by
- `confirming`: what the user of a client has to confirm, where the write does not wait
- `proposing`: makes what is stored of it, sealed: `proposals`; `wording`: what it says to people
- `referenced`: the records that it refers to; `bookings` and `effects`: what it does to their balances and stock
- `similar`: records and waiting changes that are like it
- `deciding`: who may decide, approve, refuse and edit, one change or several
- `edits`, `edit_fields`: the amounts and dates that a person may correct, and the form in which they do
- `committing`: the durable job that carries out what was approved, and the one that ends what has expired;
  `carrying`: one attempt of the first
- `views`, `lines`: a change as people look at it: in names, field by field, its lines side by side
- `status`: a pending change as agents and programs see it; `own_tools`: the tool by which an agent asks
- `managing`: pending changes for the management API; `announcing`: the durable job that writes to who may approve

Called by `calls`, `mcp_server`, `api` and `web`.
"""
