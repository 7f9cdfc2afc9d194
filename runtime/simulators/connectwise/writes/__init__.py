"""Every change of the records: `changes` is the order of the steps, `patching` applies a partial update, `values`
checks and converts what was sent, `references` finds what a record names, `finishing` fills in what
the service works out.

Called by `http.answers`.
"""
