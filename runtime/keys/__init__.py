"""The keys of a deployment: `master_key` reads or makes the one secret, `crypto` derives every other key from it.

Tokens are hashed and credentials encrypted here and nowhere else. A database recognizes its key, so that a
wrong one is refused at the start and not at the first call.
"""
