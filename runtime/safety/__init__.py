"""What stands between an agent and the books: checks, masking and idempotency keys.

Called by `operations` and `exchange` at several points of a call, and by the endpoints; nothing here sends.
`form_rules` looks at a record before it is sent: `carried_tax` at a tax that was computed for other lines, `net_totals`
at a total that its lines do not make. `masking` and `masked_updates` hide what is sensitive and retain it in an update,
`comparisons` refuses a query that would reveal it, `once` binds an idempotency key to its caller and call,
`write_answers` shows a caller who may not read only what it sent, `guesses` slows down wrong tokens.
"""
