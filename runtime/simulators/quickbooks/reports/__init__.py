"""Reports, each a function of a question about one company's books: computed from the postings, never stored.

`index` is the table of them by route. `question` reads the parameters, `sums` asks the ledger on either basis, `splits`
makes the columns, `layout` the structure; detail reports read the `detail_lines` of the ledger and show them in
`columns`. Comes before: `http`, which finds a report by its route. Comes after: the ledger in `books`.
"""
