"""Which clients of a work system are which customers of the books, by names, domains, phones and addresses.

Pure: nothing here reads or stores. `operations.company_mapping` reads the parties of both sides and stores what people
decide. What is certain is linked by itself; what is only likely is suggested, with a score and the reason in words.

- `parties`: a client or a customer as it is compared
- `spelling`: names without what people write now this way, now that
- `details`: web domains, phone numbers and addresses as keys
- `evidence`: what two parties have in common, and who else has it
- `likeness`: how alike two names are
- `near_names`: the names that are worth comparing
- `reasons`: why two parties may be the same, in words
- `matching`: what is linked, and what is suggested
"""

from runtime.insights.name_matching.matching import Matches, Pair, match_parties
from runtime.insights.name_matching.parties import Party, PostalAddress
from runtime.insights.name_matching.spelling import make_name_key

__all__ = ["Matches", "Pair", "Party", "PostalAddress", "make_name_key", "match_parties"]
