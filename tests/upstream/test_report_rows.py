"""A nested report laid flat, figures and totals stored."""

from __future__ import annotations

from runtime.upstream.behaviours.quickbooks import MOST_CHANGES, changes, report_rows

REPORT = {
    "Header": {"ReportName": "ProfitAndLoss", "ReportBasis": "Accrual", "Currency": "USD", "Option": []},
    "Columns": {
        "Column": [{"ColTitle": "", "ColType": "Account"}, {"ColTitle": "Total", "ColType": "Money"}]
    },
    "Rows": {
        "Row": [
            {
                "type": "Section",
                "group": "Income",
                "Header": {"ColData": [{"value": "Income"}, {"value": ""}]},
                "Rows": {
                    "Row": [
                        {
                            "ColData": [{"value": "Design income", "id": "82"}, {"value": "2250.00"}],
                            "type": "Data",
                        },
                        {
                            "Header": {"ColData": [{"value": "Landscaping", "id": "45"}, {"value": "10.00"}]},
                            "Rows": {
                                "Row": [{"ColData": [{"value": "Soil", "id": "46"}, {"value": "1.50"}]}]
                            },
                            "Summary": {"ColData": [{"value": "Total Landscaping"}, {"value": "11.50"}]},
                        },
                    ]
                },
                "Summary": {"ColData": [{"value": "Total Income"}, {"value": "2261.50"}]},
            },
            {"group": "NetIncome", "Summary": {"ColData": [{"value": "Net Income"}, {"value": "2261.50"}]}},
        ]
    },
}


def test_every_figure_of_a_report_is_stored_in_order():
    flat = report_rows(REPORT)
    assert [(row["depth"], row["kind"], *row["cells"]) for row in flat["rows"]] == [
        (0, "header", "Income", ""),
        (1, "row", "Design income", "2250.00"),
        (1, "header", "Landscaping", "10.00"),
        (2, "row", "Soil", "1.50"),
        (1, "total", "Total Landscaping", "11.50"),
        (0, "total", "Total Income", "2261.50"),
        (0, "total", "Net Income", "2261.50"),
    ]
    assert flat["rows"][1]["id"] == "82"
    assert [row["cells"][0] for row in flat["totals"]] == ["Total Landscaping", "Total Income", "Net Income"]
    assert flat["columns"] == ["Account", "Total"]


def test_a_report_without_data_says_so():
    empty = {"Header": {"ReportName": "BalanceSheet", "Option": [{"Name": "NoReportData", "Value": "true"}]}}
    assert "no data" in report_rows(empty)["note"]


def test_changes_that_may_have_been_cut_say_so():
    def said(count: int) -> dict:
        live = [{"Id": str(at)} for at in range(count - 1)]
        parts = [{"Invoice": live}, {"Payment": [{"Id": "9", "status": "Deleted"}]}, {}]
        return changes({"CDCResponse": [{"QueryResponse": parts}]})

    assert said(MOST_CHANGES - 1).keys() == {"rows"}
    whole = said(MOST_CHANGES)
    assert len(whole["rows"]) == 1000
    assert "ask again from the latest" in whole["may_be_cut"]
