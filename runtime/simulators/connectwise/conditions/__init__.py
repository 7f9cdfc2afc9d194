"""The query language of lists: `tokens` and `parser` read it, `members` finds what a name means, `predicates` makes a
function of a condition on a record, `nested` of one on what stands inside it, `ordering` sorts and chooses fields.

Called by `records.selections` and `http`. What cannot be followed is refused as ApiFindCondition.
"""
