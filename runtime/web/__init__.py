"""The pages for people: connecting a company, signing in, what agents may do, a record, the reference of all tools.

HTML from `pages/`. It knows nothing of `api` and `mcp_server`, the other two endpoints. Parts:

- `connect`, `customer_links`: the pages of a connection
- `docs`: renders a catalog
- `company_pages`, `company_routes`: what the pages of a company share, and their routes
- `formats`, `navigation`: how money and times are written, and what a page links to
- `explorer_pages`, `run_pages`, `run_files`, `tool_pages`: queries and tools by hand (with `explorer_base`,
  `run_reading`, `run_view`, `answer_view`, `rows`)
- `record_pages`, `record_view`: one record of the books, and what of it is shown
- `signing_in`: who asks for a page, and where whoever is not signed in is led
- `person_pages`: the frame, forms and errors that the pages for people share
- `bodies`: what browsers and programs send, within a bound
- `sign_in_pages`, `account_pages`, `people_pages`: how people come in and go, their accounts, the people of a tenant
- `oauth_pages`, `oauth_endpoints`, `agents`: what a person lets a program do, and what the program asks
- `static_files`: the stylesheet and the script
- `routes`: the routes of all of them, and what renders them
"""
