"""What each client earns and costs: the money of the books beside the work that was done for it.

- `profitability`: the analysis, what it reads and what it answers
- `owners`: whose a customer of the books, or a client of the work system, is
- `streams`: what money is earned with
- `tallies`: money and work of each owner and month
- `labour`: what hours cost
- `agreements`: how much of an agreement is used
- `causes`: why a client earns less or more than the others
- `overheads`: costs of nobody, shared out when asked
- `rows`: clients as they are answered
- `reconciling`: what is nobody's, so that everything adds up to the books
- `remarks`: assumptions and what is missing
"""
