"""The page of an error: what is wrong, what to do, and where to go on."""

from __future__ import annotations

from pathlib import Path

from runtime.errors import LedgerportError, NeedsReauth, RateLimited, VendorUnavailable
from runtime.exchange.tool_answer import Answer
from tests.web.test_account_list import add_company, run
from tests.web.visitors import Site


async def open_record(site: Site, error: LedgerportError) -> str:
    """The page of a record that is not answered."""
    shop = add_company(site, "Shop")
    site.calls.answer = lambda: Answer(status=0, error=error)
    browser = await site.sign_in("anna@example.com", "owner")
    page = await browser.get(f"/company/{shop}/customers/1?a=b")
    assert page.status_code == error.status, page.text
    return page.text.partition("<main")[2].replace(shop, "SHOP")


def test_a_connection_that_has_ended_leads_to_where_it_is_made_again(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        page = await open_record(site, NeedsReauth("Books does not accept it.", advice="Connect it again."))
        assert "Books does not accept it." in page and "Connect it again." in page
        assert 'href="/company/SHOP/connection"' in page and "Try again" not in page

    run(tmp_path, story)


def test_what_may_be_answered_the_next_time_can_be_tried_again(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        page = await open_record(site, VendorUnavailable("<b>Books</b> did not answer.", trace="t-1"))
        assert "&lt;b&gt;Books&lt;/b&gt;" in page and "t-1" in page
        assert 'href="/company/SHOP/customers/1?a=b">Try again</a>' in page and "/connection" not in page

    run(tmp_path, story)


def test_a_limit_says_when_the_next_try_has_a_chance(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        page = await open_record(site, RateLimited("500 of 500 requests are used.", retry_after=38))
        assert "Too many requests" in page and "in 38 seconds" in page and ">Try again</a>" in page

    run(tmp_path, story)


def test_what_is_not_there_is_not_tried_again(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("anna@example.com", "owner")
        page = await browser.get("/company/<script>/connection")
        assert page.status_code == 404 and "There is nothing here" in page.text
        assert "Try again" not in page.text and 'href="/">Go to the start</a>' in page.text
        assert "<script>/" not in page.text

    run(tmp_path, story)
