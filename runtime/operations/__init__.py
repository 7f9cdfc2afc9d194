"""The use cases, without HTTP: call a tool, manage accounts, MCP servers and API tokens.

Before it, an endpoint has authenticated the caller; after it, `safety` guards and `upstream` sends. `calls`
leads one call: arguments are read and checked, a request is prepared and sent, its response is read, masked and
cut to the budget. Nothing in here knows whether MCP or REST carries the answer.
"""
