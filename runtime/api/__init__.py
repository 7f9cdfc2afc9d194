"""The management API and the REST form of tools: JSON over HTTP, with an API token.

Called by `server` with a request. Calls `operations`, which does what is asked and knows no HTTP. `table` lists every
`operation` with its shapes (`shapes`, `answer_shapes`, `limit_shapes`); routes, the OpenAPI document and the scopes of
tokens are made from it. `reading` reads bodies within bounds, `replies` writes the answer and `responses` describes it,
`uploads` and `file_links` carry files, `api_tokens` makes tokens, `journal` shows and reverts writes, `call_log` lists
calls, `probes` say how the process is, and `pending_changes` are decided by people, whom `browser_sessions` knows. It
knows nothing of `mcp_server` and `web`, the other two endpoints.
"""
