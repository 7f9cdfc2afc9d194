"""The use cases, without HTTP: call a tool, manage accounts, MCP servers and API tokens.

Called by the endpoints (`mcp_server`, `api`, `web`), which have authenticated the caller. `calls` leads one call:
`checks` reads and checks its arguments, `exchange` prepares the request and reads the response, `stored_values` fills
in what the caller is not shown, `vendor_calls` sends. `accounts`, `mcp_servers` and `api_tokens` manage what a
deployment holds. Nothing in here knows whether MCP or REST carries the answer.
"""
