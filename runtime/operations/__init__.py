"""The use cases, without HTTP: call a tool, manage accounts, MCP servers and API tokens.

Called by the endpoints (`mcp_server`, `api`, `web`), which have authenticated the caller. Nothing in here knows whether
MCP or REST carries the answer. `calls` leads one call (`call_bounds` says what bounds it); that of a write passes

    checks              arguments, read and checked
    names               `name_resolution` puts Ids in the place of names, `clients` in the place of a client
    prepare             the kind of the call (`exchange`) makes the request
    writes              `guarded_updates` merges with what is stored, `stored_values` fills in what the caller is not
                        shown, `preflight` finds what is wrong, `duplicates` asks for twins; a dry run ends here
    policies            `write_policies` holds it to those of the MCP server
    journal             `write_journal` stores the intent, then the outcome
    vendor              `vendor_calls` sends, and `spending` counts
    comparison          the kind compares what came back with what was meant

`lookups` reads what these steps have to know. `settling` finds out what became of writes that were under way when the
process died, `journal` shows the entries, `undo` reverts one, `reversal` books the opposite of a record. `own_answers`
finds what is computed here: `sums` adds up the records of a list, `insights` analyses the books. `narrowing` reads
what one request narrows. Where a caller has several companies, `companies` finds those that a call names, `fan_out`
carries a read to each of them, `connections` lists them. `finished_calls` notes each call that has ended, also in the
`call_log`; `readiness` says whether the process can serve. `accounts`, `mcp_servers` (with `policy_config` and
`config_bounds`; `server_endings` ends them at once, `server_preview` says what one would have, `server_snippets` how a
program is given its URL) and `api_tokens` manage what a deployment holds; `approval_config` reads which writes wait,
`approval_effects` says what the rule of an organization does.

For people, `company_facts` says where a company is, `formats` writes money and times, `report_table` is a report,
`report_runs` runs one, `exports` writes tables as files, `journal_views` and `call_views` show the journal and the
call log (with `journal_entries`, `record_diff`, `entry_matching`, `text_pieces`, `value_texts`, `field_names`,
`caller_names` and `approved_writes`), `journal_sheet` and `journal_check` are its file and its check,
`insight_requests` is what people ask of an analysis, `insight_views` what they see of it, `schedules` runs and sends
reports by themselves (`plain_emails` begins every email).
"""
