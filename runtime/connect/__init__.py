"""Connect accounts to their vendor and hold fresh access tokens.

Called by `operations` and `web`, which start a connection and bring back its callback, and by the path of a call, which
sends what `headers` makes of the credentials. `authorize` leads a person through OAuth, `links` binds that to one
browser, `company_lookup` asks which company a token is for, `confirmation` lets the vendor confirm the company,
`grants` speaks to the token endpoint, `tokens` refreshes one account at a time and stores a rotated token before it is
used, `echoes` removes our secrets from what a vendor repeats.
"""
