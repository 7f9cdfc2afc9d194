"""The pages for people: the end of a connection, and the reference of all tools at `/docs`.

Plain HTML from `pages/`, without scripts; nothing here needs a session. It knows nothing of `api` and
`mcp_server`, the other two endpoints. `connect` ends a connection, `docs` renders a catalog, `routes` finds both.
"""
