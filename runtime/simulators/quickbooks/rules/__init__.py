"""What is particular about each kind of record: what it needs, what is worked out from it, what it posts.

`preparations` and `posting_rules` are the tables of who is called for which kind; `references` and `validation` check
what every kind has. Comes before: `writes`, which calls the two tables. Comes after: `books`, which holds the result.
"""
