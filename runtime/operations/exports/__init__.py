"""Tables as files that other programs open. Numbers are numbers in them, and no text is ever a formula.

- `sheet`: a table, whatever it is of
- `csv_file`, `xlsx_file`: a table as a file
"""
