"""The kinds of calls: how to prepare one call of each kind, and how to read its response.

Nothing to do with currencies. Called by `operations.calls`, which checks a call, and asks its kind (`kinds`) what to
send and what the response says:

    prepare(call) -> Request        what fills the address, the record that is sent
    read(call, response) -> Answer  what the caller gets, within what its endpoint can send

`listing` reads filters, words and queries (`filters`, `named_filters`, `raw_query`) and merges an OR (`branches`,
`merging`); `written` says what a write did; `allowance`, `bounds` and `parts` hold an answer to its size.

Nothing here waits or sends. A kind reads the vendor's response only through `MaskedResponse`, so that none can pass on
what its caller may not see. A new kind is one module and one line in `kinds`.
"""
