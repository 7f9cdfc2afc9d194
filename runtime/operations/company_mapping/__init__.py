"""Which clients of a work system are which customers of the books, for one pair of accounts of a tenant.

Called by the API and by the page of it. Both sides are read by their list tools, with the rules, limits and counts of
any other call; `insights.name_matching` compares them; what people decide is stored sealed, with a version.

- `pairs`: the two accounts that are mapped
- `links`: the mapping as a value, and how it is stored
- `changes`: what a person decides of it
- `readings`: the clients and customers of both sides, whole or said to be incomplete
- `amounts`: money of customers and hours of clients that are not mapped
- `suggesting`: what is likely, and what is not mapped, in amounts
- `mappings`: the use cases
- `views`: what is answered of them, and as a table for files
- `clients`: finds a client by its name in either system, for tools that filter by customer
- `mapped_pairs`: the work system that is mapped with books, for analyses over both
- `endings`: what of it goes with an account
"""
