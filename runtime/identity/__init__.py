"""People and what they may do: roles, sessions, sign-in, and the OAuth authorization server of `/mcp`.

Between the use cases (`operations`) and the endpoints, which ask it who somebody is and whether he or she may do what
is asked. Parts:

- `roles`: the one table of what each role may do, and the one check of it
- `people`: invited, let in, given another role, removed; `helpers` names those who can give a role
- `sessions`: the browsers in which people are signed in
- `clients`, `client_metadata`, `client_documents`: programs that ask for a grant, and what they say of themselves
- `authorizing`, `consenting`: what a program asks for, and what a person lets it do
- `oauth_scopes`, `resources`, `metadata`: what can be asked for, for which addresses, and where that is said
- `oauth_tokens`, `access_tokens`, `signing_keys`: codes and tokens exchanged, issued and verified
- `oauth_grants`: what an access token lets through now
- `granted`: the agents that people have let in, and how that ends
- `program_sessions`: short-lived tokens for programs of whoever is signed in
- `sign_ins`, `issuers`: sign-in with OpenID Connect
- `passkeys`: added by a person, and enough to sign in with
"""
