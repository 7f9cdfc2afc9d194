"""How much the numbers of an MCP server's config may be: one table for whoever takes them in.

Called by `api.shapes`, which checks bodies with them, and by the form of the pages.
"""

from __future__ import annotations

LARGEST_NUMBERS = {
    "max_answer_bytes": 10_000_000,
    "max_rows": 1_000,
    "max_answer_tokens": 5_000_000,
    "max_uses": 1_000_000_000,
    "max_writes_per_hour": 1_000_000,
}
"""The largest value of each; 0 sets no limit. A list of a vendor has at most 1,000 rows, and no model takes in more
than some million tokens; the others are beyond whatever anybody has asked for, and stay exact integers everywhere.
"""
MOST_FILTERED = 100
"""Methods or tags of a filter; no catalog has as many."""
