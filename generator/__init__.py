"""The compiler: YAML definitions in, a frozen catalog of tools out.

It knows no particular vendor, and nothing of the runtime.

- `compile`: begin here; a folder of definitions into a catalog, from the `cache` or by the `pipeline`
- `pipeline`: the order of the stages
- `reading`: files and YAML into documents that have the form of their schema
- `stages`: documents into tools, one module for each stage
- `catalog`: what comes out, with `names` (what a tool is called by), `vendor` (sign-in, limits, queries, errors),
  `vendor_rules` and `preflight_rules` (rules for some records), `company_rules` (what pages show of a company),
  `effect_rules` (what bookings do to other records), `insight_rules` (what analyses compute with), `mapping_rules`
  (where clients and customers stand) and `meanings` (what callers write of their own accord)
- `short_tools`: tools with few arguments that call those of the catalog, and `filling`: what their templates become
- `cache`: a compiled catalog on disk
- `reports`: what commands and pages print of a catalog
- `diagnostics`: the one shape of an error in a definition
- `suggestions`: what may have been meant by an unknown name; `usual_integration`: which one where none is named
- `templates`: text in which `{name}` is filled later
- `texts`: prose on one line, and its first sentence
"""
