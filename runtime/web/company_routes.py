"""The routes of the pages of companies. A page is added by one line here."""

from __future__ import annotations

from starlette.routing import BaseRoute

from runtime.web.analysis_finding_pages import AnalysisFindingPages
from runtime.web.approval_decision_pages import ApprovalDecisionPages
from runtime.web.approval_pages import ApprovalPages
from runtime.web.approval_together_pages import ApprovalTogetherPages
from runtime.web.call_log_pages import CallLogPages
from runtime.web.company_pages import CompanyServices
from runtime.web.dashboard_pages import DashboardPages
from runtime.web.explorer_pages import ExplorerPages
from runtime.web.journal_pages import JournalPages
from runtime.web.journal_undo_pages import JournalUndoPages
from runtime.web.person_pages import PageParts
from runtime.web.record_pages import RecordPages
from runtime.web.report_pages import ReportPages
from runtime.web.run_files import RunFilePages
from runtime.web.run_pages import RunPages
from runtime.web.saved_report_pages import SavedReportPages
from runtime.web.schedule_form_pages import ScheduleFormPages
from runtime.web.schedule_pages import SchedulePages
from runtime.web.server_form_pages import ServerFormPages
from runtime.web.server_pages import ServerPages
from runtime.web.tool_pages import ToolPages

_PAGES = (
    ApprovalTogetherPages,
    ApprovalDecisionPages,
    ApprovalPages,
    SavedReportPages,
    AnalysisFindingPages,
    CallLogPages,
    DashboardPages,
    ExplorerPages,
    JournalPages,
    JournalUndoPages,
    ReportPages,
    RunFilePages,
    RunPages,
    ScheduleFormPages,
    SchedulePages,
    ServerFormPages,
    ServerPages,
    ToolPages,
    RecordPages,
)
"""In the order in which addresses are looked at: a record may have any address below that of its company."""


def make_company_routes(parts: PageParts, services: CompanyServices) -> list[BaseRoute]:
    """Return the routes of all pages of companies."""
    return [route for pages in _PAGES for route in pages(parts, services).make_routes()]
