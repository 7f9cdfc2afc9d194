"""Who may use the API: the consent page, codes, access and refresh tokens, revocation.

Comes before: `app`, which asks for every request whether its token is good. Comes after: the tables of `books.store`.
"""
