"""The pages for people: the end of a connection, and the reference of all tools at `/docs`.

HTML from `pages/`. It knows nothing of `api` and `mcp_server`, the other two endpoints. Parts:

- `connect`, `customer_links`: the pages of a connection
- `docs`: renders a catalog
- `signing_in`: who asks for a page, and where whoever is not signed in is led
- `person_pages`: the frame, forms and errors that the pages for people share
- `sign_in_pages`, `account_pages`, `people_pages`: how people come in and go, their accounts, the people of a tenant
- `static_files`: the stylesheet and the script
- `routes`: the routes of all of them, and what renders them
"""
