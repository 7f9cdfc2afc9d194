"""Reports as people read them: which there are, a run of one with its comparison, and its files.

Called by the pages of reports and by scheduled reports; whoever calls says how a tool is called. Nothing in here knows
a vendor: which reports there are, what they take and what they are about comes from the catalog.

- `report_list`: the reports of an integration, in groups
- `report_options`: what a report can be asked, as fields of a form
- `report_view`: what is asked of a report, and what a run of it comes to
- `periods`: the period before a period
- `comparison`: two tables of one report side by side
- `report_run`: a report read to its end, and compared
- `cell_texts`: what stands in a cell
- `report_file`, `report_pdf`: a run as CSV, XLSX or PDF; `paper` is what PDFs are drawn on
"""

from runtime.operations.report_runs.report_file import FORMATS, FileFormat, ReportFile, make_report_file
from runtime.operations.report_runs.report_list import Report, ReportGroup, find_report, list_reports
from runtime.operations.report_runs.report_options import (
    Entered,
    Option,
    list_options,
    read_options,
    write_options,
)
from runtime.operations.report_runs.report_run import CallTool, run_report
from runtime.operations.report_runs.report_view import COMPARISONS, Comparison, ReportChoice, ReportView

__all__ = [
    "COMPARISONS",
    "FORMATS",
    "CallTool",
    "Comparison",
    "Entered",
    "FileFormat",
    "Option",
    "Report",
    "ReportChoice",
    "ReportFile",
    "ReportGroup",
    "ReportView",
    "find_report",
    "list_options",
    "list_reports",
    "make_report_file",
    "read_options",
    "run_report",
    "write_options",
]
