"""The commands of Ledgerport, by subject. `cli` puts them together.

Each command imports what it needs when it runs, so that `ledgerport check` loads no server. What a command
prints on an error is a sentence, and its exit status is 0, 1 for a finding or a failure, and 2 for what cannot
be read.
"""
