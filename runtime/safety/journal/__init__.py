"""The journal of writes, as far as it needs neither the vendor nor the database.

`chain` hashes its links and finds those that were changed, `outcomes` says what a response means for an entry, `lookup`
makes the call that finds out what became of a write, `undo` what takes one back, and `sealing` encrypts what is in the
records. `operations.write_journal` stores it.
"""
