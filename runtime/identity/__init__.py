"""People and what they may do: roles, sessions, sign-in, and the OAuth authorization server of `/mcp`.

Between the use cases (`operations`) and the endpoints, which ask it who somebody is and whether he or she may do what
is asked. Parts:

- `roles`: the one table of what each role may do, and the one check of it
- `people`: invited, let in, given another role, removed
- `sessions`: the browsers in which people are signed in
- `sign_ins`, `issuers`: sign-in with OpenID Connect
- `passkeys`: added by a person, and enough to sign in with
"""
