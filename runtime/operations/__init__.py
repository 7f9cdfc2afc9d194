"""The use cases, without HTTP: call a tool, manage accounts, MCP servers and API tokens.

Called by the endpoints (`mcp_server`, `api`, `web`), which have authenticated the caller. Nothing in here knows whether
MCP or REST carries the answer. `calls` leads one call (`call_bounds` says what bounds it); that of a write passes

    checks              arguments, read and checked
    names               `name_resolution` puts Ids in the place of names
    prepare             the kind of the call (`exchange`) makes the request
    writes              `guarded_updates` merges with what is stored, `stored_values` fills in what the caller is not
                        shown, `preflight` finds what is wrong, `duplicates` asks for twins; a dry run ends here
    policies            `write_policies` holds it to those of the MCP server
    journal             `write_journal` stores the intent, then the outcome
    vendor              `vendor_calls` sends, and `spending` counts
    comparison          the kind compares what came back with what was meant

`lookups` reads what these steps have to know. `settling` finds out what became of writes that were under way when the
process died, `journal` shows the entries, `undo` reverts one, `reversal` books the opposite of a record. `sums` adds up
the records of a list, `narrowing` reads what one request narrows. Where a caller has several companies, `companies`
finds those that a call names, `fan_out` carries a read to each of them, `connections` lists them. `finished_calls`
notes each call that has ended, also in the `call_log`; `readiness` says whether the process can serve. `accounts`,
`mcp_servers` (with `policy_config`) and `api_tokens` manage what a deployment holds.
"""
