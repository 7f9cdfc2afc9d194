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
- `work_records`: the records of a work system as values
- `work_extraction`: these by the rules of definitions
- `work_assembly`: pages of them as one value
- `client_mapping`: which client of the work system is which customer
- `forecast`: the cash flow of the coming weeks
- `kinds`: the analyses by their names
- `worker`: what is done in a process of its own
- `period_pairs`: the days of an analysis, and those before
- `bookings`: what each line books to which account
- `confirming`: figures beside the reports that have to show the same
- `vendor_spend`: what was spent with each vendor
- `name_matching`: which clients of a work system are which customers
- `collecting`: whom to remind of unpaid invoices
- `unit_economics`: what each item, customer or class earns, by `unit_tallies` and `unit_costs`
- `profit_bridge`: why the profit of two months differs
- `profitability`: what each client earns and costs, with the work done for it
- `anomalies`: transactions that look wrong
- `checklist`: the month-end checklist
"""
