"""What the explorer of a company works with: queries in the vendor's language, and tools by a form made for each.

Called by `web`. Nothing here knows HTTP or HTML, and no vendor: languages, fields and forms come from the catalog.

- `language`: what of an integration can be asked by a query, and the fields of each kind of record
- `completion`, `checks`: what may be written at a place, and what is wrong before anything is sent
- `sorting`: a query with another order
- `reading`: the answers of a list, page by page up to a bound
- `results`: records as a table, for pages and for files
- `requests`: what a call would send
- `forms`: the fields of a form for a tool, and the arguments that a filled one means
- `history`: what a person has asked, and the queries that are saved, sealed
"""
