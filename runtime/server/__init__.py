"""Assemble the application, serve it, and take changed definitions over while it runs.

Called by `commands`; calls every endpoint. `app` puts stores, clients and endpoints together, `serve` runs them with
uvicorn, `reload` compiles changed definitions beside the old ones, `connections` and `bounded_protocol` limit what a
connection may take, `fast_path` answers small MCP requests below ASGI.
"""
