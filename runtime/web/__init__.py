"""The pages for people: connecting a company, signing in, what agents may do, a record, the reference of all tools.

HTML from `pages/`. It knows nothing of `api` and `mcp_server`, the other two endpoints. Parts:

- `connect`, `customer_links`: the pages of a connection for who agrees to it
- `account_list_pages`, `connection_pages`, `account_view`: all accounts, one of them, and how they stand
- `connect_company_pages`, `link_token_pages`: to connect a company, and links for customers to do so
- `landing`: where a person lands who has asked for no page
- `docs`, `docs_pages`: the reference of a catalog, and who sees it in which frame
- `company_pages`, `company_routes`: what the pages of a company share, and their routes
- `navigation`: what every page links to
- `charts`: drawings of numbers
- `dashboard_pages`, `dashboard_tiles`, `dashboard_view`: the page of a company, and what it shows of figures
- `saved_report_pages`, `schedule_pages`, `schedule_form_pages`: reports under a name, and those that run by themselves
- `journal_pages`, `journal_undo_pages`, `call_log_pages`: the writes of a company, undoing one, its calls (with
  `journal_query`, what their filters ask for)
- `approval_pages`, `approval_decision_pages`, `approval_together_pages` (with `approval_base`):
  changes that wait for a person, what is decided about one, and about several
- `explorer_pages`, `run_pages`, `run_files`, `tool_pages`: queries and tools by hand (with `explorer_base`,
  `run_reading`, `run_view`, `answer_view`, `rows`)
- `record_pages`, `record_view`: one record of the books, and what of it is shown
- `server_pages`, `server_form_pages` (with `managed_servers`): MCP servers, and the form that makes and changes them
- `server_form`, `server_picks`, `form_fields`, `server_views`, `server_trials`, `qr_codes`: what that form held and
  offers, how a server is shown, a try of one of its tools, a new URL for a phone
- `approval_form`, `approval_words`: which writes wait for a person, in that form and that of an organization, in words
- `report_pages`, `report_view`, `report_rows`, `report_chart`, `report_links`: the reports of a company, the table of
  one, its chart, and what its cells lead to
- `analysis_pages`, `analysis_finding_pages` (with `analysis_view`, `analysis_tables`, `analysis_parts`,
  `analysis_charts`, `analysis_links`): analyses, what is shown of one, findings that somebody dismissed
- `signing_in`: who asks for a page, and where whoever is not signed in is led
- `person_pages`, `problem_view`, `missing_page`: the frame, forms and errors that the pages for people share, and the
  page of an address with nothing at it
- `bodies`: what browsers and programs send, within a bound
- `sign_in_pages`, `account_pages`, `people_pages`: how people come in and go, their accounts, the people of a tenant
- `oauth_pages`, `oauth_endpoints`, `agents`: what a person lets a program do, and what the program asks
- `tenant_pages`: what the pages of an organization share
- `settings_pages`, `token_pages`, `webhook_pages`, `budget_pages`, `approval_floor_pages`: its settings
- `static_files`: the stylesheet and the script
- `routes`: the routes of all of them, and what renders them
"""
