"""Analyses: computations over records, without a vendor's word, a database or a request.

Read for by `operations.insights`, which has each computed in a process of its own. What a vendor calls its parts is
said in its definitions (`insights` of integration.yaml).

- `books`: the books of a company as values
- `report_rows`: a report of the vendor that confirms figures
- `analysis`: what an analysis wants, and what it answers
- `record_types`: types made of the paths of definitions
- `extraction`: transactions by the rules of definitions
- `list_extraction`: accounts, names, products and recurring transactions by them
- `assembly`: pages and reports as books
- `checklist`: the month-end checklist
"""
