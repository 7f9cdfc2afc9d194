"""What a record is held against before it is sent: rules of the definitions, each kind of them in a module.

Each module has one function `find`, which returns what it finds in a record. Called by `operations.preflight`, which
reads at the vendor what the rules have to know of other records.
"""
