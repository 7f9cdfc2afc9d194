"""Analyses as people ask for them: which there are, the options of one as a form, and what it would read.

Called by the pages of analyses. Nothing in here knows a vendor: which analyses there are and what they take comes from
the catalog.

- `analysis_list`: the analyses of an integration
- `analysis_options`: what one can be asked, as fields of a form, and what somebody entered
- `option_values`: one entered value as an argument
"""

from runtime.operations.insight_requests.analysis_list import AnalysisTool, find_analysis, list_analyses
from runtime.operations.insight_requests.analysis_options import (
    CONTINUE,
    OptionGroup,
    Request,
    list_option_groups,
    read_request,
    write_request,
)

__all__ = [
    "CONTINUE",
    "AnalysisTool",
    "OptionGroup",
    "Request",
    "find_analysis",
    "list_analyses",
    "list_option_groups",
    "read_request",
    "write_request",
]
