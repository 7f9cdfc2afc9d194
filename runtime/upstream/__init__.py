"""One call to the vendor: build the request, send it, read the response. Knows definitions, not vendors.

Before it, `operations` has checked arguments; after it, the wire. `request` and `files` build, `query` writes
conditions in the vendor's language, `paging` makes and reads cursors, `client` sends within time limits,
`answer`, `rows`, `figures` and `xml_values` read what came without changing a digit, `limits` and `advice` say
what a refusal means and what to do.
"""
