"""The accounting API as HTTP: which operation a request means, and the envelope of its answer.

`messages` has a request and an answer, `api` the operations of every kind of record, `endpoints` the table of the other
paths. Comes before: `app`, which takes bytes from the server. Comes after: `writes`, `query` and `reports`.
"""
