"""Every write: create, update, delete, void, send, and templates of transactions; one database transaction each.

`changes` is the order of a write, readable from top to bottom. Comes before: `http` and `companies`. Comes after:
`rules`, which know what is particular to a kind of record, and `books`, which hold it.
"""
