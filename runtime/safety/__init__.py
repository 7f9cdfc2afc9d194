"""What stands between an agent and the books: masking, comparisons that would reveal a masked value, idempotency
keys.

Before it, `operations` has a checked call; after it, `upstream` sends it. `masking` and `masked_updates` hide
what is sensitive and retain it in an update, `comparisons` refuses a filter by it, `once` binds an idempotency
key to its caller and call, `write_answers` shows a caller who may not read only what it sent, `guesses` slows
down wrong tokens.
"""
