"""What stands between an agent and the books: checks, masking and idempotency keys.

Called by `operations` and `exchange` at several points of a call, and by the endpoints; nothing here sends.
`preflight` looks at a record before it is sent, and says in `findings` what is wrong with it. `masking` and
`masked_updates` hide what is sensitive and retain it in an update, `comparisons` refuses a query that would reveal it,
`once` binds an idempotency key to its caller and call,
`write_answers` shows a caller who may not read only what it sent, `guesses` slows down wrong tokens.
"""
