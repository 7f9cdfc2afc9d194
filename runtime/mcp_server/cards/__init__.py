"""Cards: what hosts with MCP Apps (SEP-1865) show of an answer, as HTML that they frame.

`pending_change` is the one that there is: a write that waits for a person. Called by `resources`, `toolset` and
`methods`. A card says nothing that the text of the answer does not say, and can do nothing but ask its host to open a
link.
"""
