"""The management API and the REST form of tools: JSON over HTTP, with an API token.

Before it, `server` hands over a request; after it, `operations` does what is asked, knowing no HTTP. `table`
lists every operation with its shapes; routes, the OpenAPI document and the scopes of tokens are made from it.
`reading` reads bodies within bounds, `replies` and `responses` write what comes of it, `uploads` and
`file_links` carry files. It knows nothing of `mcp_server` and `web`, the other two endpoints.
"""
