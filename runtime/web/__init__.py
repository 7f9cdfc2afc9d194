"""The pages for people: the end of a connection, and the reference of all tools at `/docs`.

HTML from `pages/`. It knows nothing of `api` and `mcp_server`, the other two endpoints. Parts:

- `connect`, `customer_links`: the pages of a connection
- `docs`: renders a catalog
- `signing_in`: who asks for a page, and where whoever is not signed in is led
- `routes`: the routes of all of them, and what renders them
"""
