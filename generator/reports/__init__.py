"""What commands and pages print of a catalog.

The commands and pages of the runtime call it; nothing in the compiler does.

- `show`, `tool_pages`, `markdown`: a tool as a client sees it, and the reference pages
- `cost`, `token_estimate`: how many tokens tools take
- `diff`: what changes for callers between two sets of definitions
- `coverage`, `coverage_report`, `vendor_reference`: what the vendor has and the definitions lack, with the
  reasons
- `format_keys`: every key of the definition format
- `scaffold`: a new definition, made from a record
"""
