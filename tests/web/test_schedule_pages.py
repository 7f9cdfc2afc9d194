"""The pages of saved and scheduled reports: saving, the form with its errors, runs with their files, who may what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import httpx2

from runtime.people import PersonId
from tests.deployment import NOON
from tests.operations.scheduling import CHOICE, Scheduling, scheduling

HOSTILE = "<script>alert(1)</script> =cmd"
SCHEDULE: Mapping[str, str] = {"when": "every Monday at 8", "zone": "Europe/Berlin", "format_csv": "1"}
Story = Callable[["Browser"], Awaitable[None]]


class Browser:
    """Somebody who is signed in, and looks at one company."""

    def __init__(self, place: Scheduling, cookies: dict[str, str]) -> None:
        self.place, self._cookies = place, cookies
        self.base = f"/company/{place.account_id}"

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        given = {**self._cookies, "accept": "text/html", **headers}
        return await self.place.here.client.get(f"{self.base}{path}", headers=given)

    async def submit(self, page: httpx2.Response, path: str, **values: str) -> httpx2.Response:
        """Send the form of a page that leads to a path, with what it has by itself."""
        content = re.search(
            rf'<form[^>]* action="{re.escape(self.base + path)}".*?</form>', page.text, re.DOTALL
        )
        assert content, f"no form leads to {path}"
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', content[0])
        return await self.post(path, {name: unescape(value) for name, value in hidden} | values)

    async def post(self, path: str, values: Mapping[str, str]) -> httpx2.Response:
        client = self.place.here.client
        return await client.post(f"{self.base}{path}", data=dict(values), headers=self._cookies)

    async def save(self, name: str = "Monthly result", **more: str) -> httpx2.Response:
        """Save a report as the form on its page does."""
        page = await self.get("/reports/profit_and_loss_reports?date_macro=Last+Month")
        return await self.submit(page, "/reports/saved", name=name, **more)

    async def schedule(self, **more: str) -> str:
        """Save and schedule a report, and return the path of the schedule."""
        saved = await self.save(schedule="1")
        form = await self.get(saved.headers["location"].removeprefix(self.base))
        report = saved.headers["location"].rpartition("=")[2]
        made = await self.submit(form, "/schedules/new", report=report, **SCHEDULE, **more)
        assert made.status_code == 303, made.text
        return made.headers["location"].removeprefix(self.base)


def run(data: Path, story: Story) -> None:
    async def begin() -> None:
        async with scheduling(data) as place:
            place.here.runtime.calls = place.reports  # type: ignore[assignment]
            await story(Browser(place, await place.here.sign_in(place.person)))

    asyncio.run(begin())


async def sign_in(place: Scheduling, email: str, role: Any) -> Browser:
    return Browser(place, await place.here.sign_in(place.here.add_person(email, role)))


def test_a_report_is_saved_from_its_page_opened_again_renamed_and_deleted(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        saved = await browser.save(HOSTILE)
        assert saved.status_code == 303
        page = await browser.get("/reports/saved")
        assert "&lt;script&gt;alert(1)&lt;/script&gt; =cmd" in page.text and "<script>alert" not in page.text
        link = re.search(rf"{browser.base}(/reports/saved/rep_\w+)\"", page.text)
        assert link
        opened = await browser.get(link[1])
        assert opened.headers["location"].endswith("/reports/profit_and_loss_reports?date_macro=Last+Month")

        assert (await browser.submit(page, f"{link[1]}/change", name="Result")).status_code == 303
        page = await browser.get("/reports/saved")
        assert ">Result<" in page.text
        assert (await browser.submit(page, f"{link[1]}/delete")).status_code == 303

        assert "No saved reports yet" in (await browser.get("/reports/saved")).text

    run(tmp_path, story)


def test_what_is_no_report_with_its_options_is_not_saved(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        page = await browser.get("/reports/profit_and_loss_reports?date_macro=Last+Month")
        for choice in (
            "",
            "[]",
            '{"tool_name": "create_a_quick_books_invoice", "arguments": {}, "compare": ""}',
            CHOICE.replace("date_macro", "no_such_option"),
            CHOICE.replace('"compare": ""', '"compare": "last century"'),
            CHOICE + " " * 5000,
        ):
            refused = await browser.submit(page, "/reports/saved", name="Result", choice=choice)
            assert refused.status_code in (400, 404), choice
        assert (await browser.submit(page, "/reports/saved", name=" \n ")).status_code == 400
        assert "No saved reports yet" in (await browser.get("/reports/saved")).text

    run(tmp_path, story)


def test_a_colleague_sees_what_is_shared_and_changes_only_as_an_admin(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        await browser.save("Of Anna alone")
        await browser.save("Of everybody", is_shared="1")
        colleague = await sign_in(browser.place, "bob@shop.example", "billing_admin")
        page = await colleague.get("/reports/saved")
        assert "Of everybody" in page.text and "Of Anna alone" not in page.text
        assert "/change" not in page.text
        own = await browser.get("/reports/saved")
        for id_ in re.findall(r"/reports/saved/(rep_\w+)/delete", own.text):
            assert (await colleague.get(f"/reports/saved/{id_}/change")).status_code in (404, 405)
        form = await colleague.get("/schedules/new")
        hidden = re.search(r'name="proof" value="([^"]*)"', form.text)
        assert hidden and "Of Anna alone" not in form.text
        private = await browser.place.saved.list(await browser.place.find_account(), browser.place.person)
        ids = {each.name: each.id for each in private}
        refused = await colleague.submit(form, "/schedules/new", report=ids["Of Anna alone"], **SCHEDULE)
        assert refused.status_code == 400 and "not there" in refused.text
        admin = await sign_in(browser.place, "eve@shop.example", "admin")
        page = await admin.get("/reports/saved")
        assert (await admin.submit(page, f"/reports/saved/{ids['Of everybody']}/delete")).status_code == 303

    run(tmp_path, story)


def test_a_schedule_is_made_shown_changed_paused_and_resumed(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        path = await browser.schedule(emails="bob@shop.example")
        page = await browser.get(path)
        for shown in ("Every Monday at 08:00", "Europe/Berlin", "bob@shop.example", "It has not run yet"):
            assert shown in page.text
        assert "Every Monday at 08:00" in (await browser.get("/schedules")).text

        form = await browser.get(f"{path}/change")
        assert 'value="Every Monday at 08:00"' in form.text
        report = re.search(r'<option value="(rep_\w+)"', form.text)
        assert report
        values = {
            "report": report[1],
            "when": "monthly on the last day at 18",
            "zone": "UTC",
            "format_pdf": "1",
        }
        assert (await browser.submit(form, f"{path}/change", **values)).status_code == 303
        page = await browser.get(path)
        assert "On the last day of every month at 18:00" in page.text and "bob@" not in page.text

        assert (await browser.submit(page, f"{path}/pause")).status_code == 303
        page = await browser.get(path)
        assert "This schedule is paused" in page.text
        assert (await browser.submit(page, f"{path}/resume")).status_code == 303
        assert "This schedule is paused" not in (await browser.get(path)).text
        assert (await browser.submit(await browser.get(path), f"{path}/delete")).status_code == 303
        assert (await browser.get(path)).status_code == 404

    run(tmp_path, story)


def test_what_is_wrong_is_said_beside_its_field_and_what_was_entered_stays(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        await browser.save()
        form = await browser.get("/schedules/new")
        report = re.search(r'<option value="(rep_\w+)"', form.text)
        assert report
        wrong = {
            "report": report[1], "when": "every <b>blue</b> moon", "zone": "Europe/Berln",
            "emails": "bob@shop.example\nnobody", "webhook": "http://169.254.169.254/latest",
        }  # fmt: skip
        page = await browser.submit(form, "/schedules/new", **wrong)
        assert page.status_code == 400
        assert "Correct 5 fields first" in page.text and page.text.count('aria-invalid="true"') == 4
        for said in ("It is not clear when", "Europe/Berlin", "no email address", "Choose at least one"):
            assert said in page.text
        assert 'value="every &lt;b&gt;blue&lt;/b&gt; moon"' in page.text and "nobody</textarea>" in page.text
        assert "<b>blue" not in page.text
        assert "No schedules yet" in (await browser.get("/schedules")).text

    run(tmp_path, story)


def test_words_are_explained_while_they_are_written_by_a_part_of_the_page(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        part = await browser.get("/schedules/preview?when=every+friday+at+17&zone=America/New_York")
        assert "Every Friday at 17:00" in part.text and "Jan 15, 2027, 17:00" in part.text
        assert "<html" not in part.text
        wrong = await browser.get("/schedules/preview?when=%3Cscript%3E&zone=UTC")
        assert wrong.status_code == 200 and "<script>" not in wrong.text and "not clear" in wrong.text

    run(tmp_path, story)


def test_the_secret_of_a_webhook_is_shown_once_and_a_new_one_ends_it(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        saved = await browser.save(schedule="1")
        form = await browser.get(saved.headers["location"].removeprefix(browser.base))
        report = saved.headers["location"].rpartition("=")[2]
        hook = "https://hook.example/reports"
        page = await browser.submit(form, "/schedules/new", report=report, webhook=hook, **SCHEDULE)
        assert page.status_code == 200
        secret = re.search(r"whsec_[A-Za-z0-9+/=]+", page.text)
        path = re.search(r"/schedules/sch_\w+", page.text)
        assert secret and path
        again = await browser.get(path[0])
        assert "whsec_" not in again.text and hook in again.text
        renewed = await browser.submit(again, f"{path[0]}/secret")
        other = re.search(r"whsec_[A-Za-z0-9+/=]+", renewed.text)
        assert other and other[0] != secret[0]
        stored = (await browser.place.schedules.list(await browser.place.find_account()))[0].webhook_secret
        assert stored and other[0].encode() not in stored
        assert not any(secret[0] in str(line) for line in browser.place.here.logged)

    run(tmp_path, story)


def test_a_run_by_hand_is_shown_with_its_files_and_delivery_and_nobody_else_gets_them(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        path = await browser.schedule(emails="bob@shop.example")
        assert (await browser.submit(await browser.get(path), f"{path}/run")).status_code == 303
        waiting = await browser.get(path)
        assert "under way" in waiting.text and 'hx-trigger="every 3s"' in waiting.text
        assert (await browser.submit(waiting, f"{path}/run")).status_code == 409

        browser.place.set_status("active")  # the pages have found out that there are no credentials
        await browser.place.work()

        part = await browser.get(path, **{"hx-request": "true"})
        assert "<html" not in part.text and 'hx-trigger="every 3s"' not in part.text
        assert 'class="status ok">done' in part.text and "bob@shop.example" in part.text
        link = re.search(rf'{browser.base}({path}/runs/run_\w+/fil_\w+)"', part.text)
        assert link
        file = await browser.get(link[1])
        assert file.headers["content-disposition"].startswith('attachment; filename="profit-and-loss')
        assert file.headers["cache-control"] == "no-store" and "1000.25" in file.text
        assert not re.search(r"^\"?=", file.text, re.MULTILINE)

        member = await sign_in(browser.place, "carl@shop.example", "member")
        assert (await member.get(link[1])).status_code == 403
        elsewhere = browser.place.here.add_company("Farm", tenant="theirs")
        stranger = browser.place.here.add_person("dora@farm.example", "owner", "theirs")
        other = Browser(browser.place, await browser.place.here.sign_in(PersonId(stranger)))
        assert (await other.get(link[1])).status_code == 404
        other.base = f"/company/{elsewhere}"
        for theirs in (link[1], path, f"{path}/change"):
            assert (await other.get(theirs)).status_code == 404

    run(tmp_path, story)


def test_no_form_is_taken_without_its_proof(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        path = await browser.schedule()
        for act in ("pause", "resume", "run", "secret", "delete", "change"):
            assert (await browser.post(f"{path}/{act}", {"proof": "wrong"})).status_code == 403, act
        for place in ("/reports/saved", "/schedules/new"):
            assert (await browser.post(place, {"name": "x", "choice": CHOICE})).status_code == 403
        assert (await browser.get(path)).status_code == 200

    run(tmp_path, story)


def test_a_schedule_of_somebody_else_runs_as_whoever_sets_it_anew(tmp_path: Path) -> None:
    async def story(browser: Browser) -> None:
        await browser.save(is_shared="1", schedule="1")
        form = await browser.get("/schedules/new")
        report = re.search(r'<option value="(rep_\w+)"', form.text)
        assert report
        await browser.submit(form, "/schedules/new", report=report[1], **SCHEDULE)
        (schedule,) = await browser.place.schedules.list(await browser.place.find_account())
        colleague = await sign_in(browser.place, "bob@shop.example", "billing_admin")
        form = await colleague.get(f"/schedules/{schedule.id}/change")
        assert "From now on it runs as you" in form.text
        await colleague.submit(form, f"/schedules/{schedule.id}/change", report=report[1], **SCHEDULE)
        assert (await browser.place.find(schedule)).person_id == "person-bob@shop.example"
        assert (await browser.place.find(schedule)).next_due_at > NOON

    run(tmp_path, story)
