"""One call to the vendor: build the request, send it, read the response. Knows definitions, not vendors.

Called by `operations` and `exchange`.

- `request`, `paging`: the request, pages and their cursors
- `query`, `quoted_text`, `conditions`: conditions in the vendor's language, an OR that it has among them
- `statements`, `query_facts`, `terms`: a raw query parsed, held to what is known of its fields, and its OR
- `files`, `base64_text`: files that are sent
- `client`, `deadlines`: sending, within time limits; `traced_client` makes spans of it where telemetry is on
- `answer`, `rows`, `figures`, `xml_values`, `dates`: the response, without changing a digit
- `visible_text`: characters that nobody sees, written as their numbers
- `behaviours`: named code for what a definition cannot say
- `limits`, `rate_limit_errors`: what the company may still ask for, and the errors when that is used up
- `advice`, `fragments`: what to do about an error, and what can be read of a broken one
"""
