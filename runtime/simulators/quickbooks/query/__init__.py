"""The query language and changes since a moment: a statement in text becomes SQL over the stored records.

`parser` knows no kind of record, `sql` no text. Comes before: `http`. Comes after: `books.store`.
"""
