"""Writes that wait for a person: an agent proposes, the server waits, somebody who may approves.

- `rules`: whether a write waits, and by which rules; who may approve, and until when
- `staging`: a write that passed every check is stored in place of being sent
- `proposals`: what is stored of it, sealed; `wording`: what it says to people
- `deciding`: who may decide, approve, refuse and edit, one change or several
- `committing`: the durable job that carries out what was approved, and the one that ends what has expired
- `views`, `lines`: a change as people look at it: in names, field by field, its lines side by side
- `status`: a pending change as agents and programs see it

Called by `calls`, `mcp_server`, `api` and `web`.
"""
