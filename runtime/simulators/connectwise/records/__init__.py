"""The records of the firm, in memory: `store` has the collections and their ids, `selections` what lists find in them.

A record is never changed in place: a write puts another one where it was. What a reader holds therefore stays as it is,
a snapshot is a copy of the collections without their records, and references may be shared among records.
"""
