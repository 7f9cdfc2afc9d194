"""The MCP endpoint: JSON-RPC over Streamable HTTP, five revisions at one URL, written for lists that are ready as
bytes.

Called by `server` with a request. Calls `operations`, which makes the call, and `identity`, which knows access tokens.
`endpoint` checks host, origin and token, `bearers` answers for access tokens, `request` and `large_bodies` read the
body within bounds, `protocol` knows the revisions, `methods` answers each JSON-RPC method, `greeting` says what the
server is, `tool_calls` calls tools, `toolset` holds the tools that a filter leaves as bytes, `risk_levels`
says in a list how much can go wrong with each, `discovery` finds and
calls tools where they are too many to list, `changes` lists what was written and reverts it, `results` writes what a
call came to, `resources` reads files and the card of `cards`. Where an address reaches several companies, `several`
unites their toolsets and `several_calls` finds the company of a call. `callers` recognizes the programs that call,
`traces` makes spans of messages where telemetry is on. `questions` asks the user of a client in the middle of a call,
as `elicitation` writes it, with what `request_states` seals. `sse` carries the same messages for clients of the older
transport, on the streams of `streams`. The SDK's server is the oracle: `tests/differential`.
"""
