"""Turn documents into tools, one module for each stage. `pipeline` has their order.

Called by `pipeline`, with documents that `reading` found to have the form of their schema; it makes a catalog of the
tools. A stage reports every error that it finds and goes on, so that one run shows all of them.

- `integration`, `vendor_facts`, `company_rules`: what is true of the whole vendor
- `resolve`, `write_links`: shared types and groups in their places, links between resources
- `methods`, `arguments`, `tools`: one tool for each method, its request and its arguments
- `descriptions`, `compact_schema`, `sensitive`, `money`: what a model reads of it, what is masked, what handles money
- `short_tools`, `short_checks`: tools with few arguments that call others
- `lint`, `lint_schema`, `lint_hosts`: the rules that every tool meets, those of clients included
"""
