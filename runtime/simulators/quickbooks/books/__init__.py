"""The books of a company: records, ledger, and everything that follows from them without being asked for.

`store` is the SQLite file, `books` the records of one company, `postings` the ledger as it is written, `ledger` as it
is read, `settlement` what pays what, `valuation` what stock costs, `exchange_gains` what rates gain or lose, `balances`
what accounts and names show. Comes before: `rules`, `writes`, `query` and `reports`. Comes after: nothing but the file.
"""
