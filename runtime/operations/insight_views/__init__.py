"""What people read of an analysis: its answer as a headline, facts, notices and tables, and as files.

Called by the pages of analyses and by schedules. Nothing in here knows HTML or a vendor.

- `view`: the values of which all of it is made
- `making`: an answer as such values
- `answer_values`: members of an answer, whatever is missing, and tables of its lists
- `notices`: what is missing, and which figures do not tie
- `summary`: what the module of an analysis makes of its figures
- `forecast_view`, `checklist_view`, `anomaly_view`, `collection_view`, `spend_view`, `unit_view`, `change_view`,
  `valuation_view`, `margin_view`: one module for each analysis; `periods` is what two of them share
- `plain_view`: figures that no other module draws
- `insight_file`, `insight_pdf`: an answer as CSV, XLSX or PDF
"""

from runtime.operations.insight_views.answer_values import parse_answer
from runtime.operations.insight_views.insight_file import make_insight_file
from runtime.operations.insight_views.making import list_titles, make_view
from runtime.operations.insight_views.view import (
    Fact,
    InsightRow,
    InsightTable,
    InsightTie,
    InsightView,
    Notice,
)

__all__ = [
    "Fact",
    "InsightRow",
    "InsightTable",
    "InsightTie",
    "InsightView",
    "Notice",
    "list_titles",
    "make_insight_file",
    "make_view",
    "parse_answer",
]
