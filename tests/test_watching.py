"""What is counted, and how it is written out: for one process and several, cheap to count, bounded in its labels."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from runtime.errors import NotFound, RateLimited, SettingsError
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.endpoint import Access, McpEndpoint
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices
from runtime.operations.call_log import CallLog
from runtime.operations.finished_calls import LONGEST_NAME, FinishedCalls, read_agent, read_caller
from runtime.operations.readiness import LOOK_SECONDS, Part, Readiness, join_status
from runtime.server.metrics import LoopLag, Metrics
from runtime.stores.migrations import find_newest_version
from runtime.watching.calls import Caller, LoggedCall
from runtime.watching.counts import Counts, Gauge
from runtime.watching.shared_counts import LIVE_SECONDS, SharedCounts
from runtime.watching.telemetry import choose_signals, start_telemetry
from tests.deployment import HandClock
from tests.identity.authorization import opened
from tests.mcp_server.stand import MODERN, FakeCalls, Stand, hash_token, shake

CANARY = "canary-5e0b8c"


def read(metrics: Metrics, accept: str = "text/plain") -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample that a scraper reads, by its name and the values of its labels."""
    body, _ = metrics.render(accept)
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


class WatchedStand(Stand):
    """An endpoint whose calls are counted, and collected as the call log gets them."""

    def __init__(self, calls: FakeCalls | None = None) -> None:
        super().__init__(calls=calls)
        self.counts, self.logged = Counts(), []
        log = CallLog(None, 30)  # type: ignore[arg-type]
        log.add = lambda values: self.logged.append(LoggedCall(*values))  # type: ignore[method-assign]
        self.endpoint = McpEndpoint(
            McpServices(
                lambda: self.catalog,
                self.calls,
                Identity("ledgerport", "0.1.0"),
                self._log,
                finished=FinishedCalls(self._log, self.counts, log, clock=HandClock()),
            ),
            Access(hash_token, lambda hashed: self.grants.get(hashed.decode()), self._is_api_token),
            requests=self.counts.requests,
        )

    logged: list[LoggedCall]


def call(stand: Stand, name: str = "list_all_invoices", **more: Any) -> Any:
    return stand.post("tools/call", {"name": name, "arguments": {"id": CANARY}}, **more)


def test_counters_and_times_are_written_in_the_format_of_prometheus() -> None:
    counts = Counts()
    counts.requests.add("mcp", "200")
    counts.requests.add("mcp", "200")
    for seconds in (0.004, 0.005, 0.006, 120.0):
        counts.tool_seconds.measure(seconds, "books")
    found = read(Metrics(counts))
    assert found["ledgerport_http_requests_total"] == {("mcp", "200"): 2.0}
    buckets = found["ledgerport_tool_call_seconds_bucket"]
    assert [buckets["books", bound] for bound in ("0.005", "0.01", "60.0", "+Inf")] == [2.0, 3.0, 3.0, 4.0]
    assert found["ledgerport_tool_call_seconds_count"] == {("books",): 4.0}
    assert found["ledgerport_tool_call_seconds_sum"]["books",] == pytest.approx(120.015)


def test_a_scraper_that_knows_openmetrics_gets_it() -> None:
    body, media_type = Metrics(Counts()).render("application/openmetrics-text;version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_gauges_are_read_when_they_are_asked_for() -> None:
    metrics, lengths = Metrics(Counts()), {("a",): 1.0}
    metrics.gauges.append(Gauge("queue", "Waits.", ("name",), lambda: lengths))
    assert read(metrics)["queue"] == {("a",): 1.0}
    lengths["a",] = 5.0
    assert read(metrics)["queue"] == {("a",): 5.0}


def test_whichever_process_is_asked_the_counts_are_those_of_all(tmp_path: Path) -> None:
    clock = HandClock()

    def process(name: str, requests: int, waiting: float) -> Metrics:
        counts = Counts()
        for _ in range(requests):
            counts.requests.add("mcp", "200")
            counts.tool_seconds.measure(0.02, "books")
        made = Metrics(counts, SharedCounts(tmp_path, name, clock=clock))
        made.gauges += [
            Gauge("queue", "Waits.", (), lambda: {(): waiting}),
            Gauge("lag", "Late.", (), lambda: {(): waiting}, is_sum=False),
        ]
        return made

    def save(metrics: Metrics, name: str) -> None:
        gauges = {each.name: list(each.read().items()) for each in metrics.gauges}
        SharedCounts(tmp_path, name, clock=clock).save(metrics.counts.read_all(), gauges)

    one, two = process("one", 3, 2.0), process("two", 4, 5.0)
    save(one, "one")
    save(two, "two")
    for metrics in (one, two):
        found = read(metrics)
        assert found["ledgerport_http_requests_total"] == {("mcp", "200"): 7.0}
        assert found["ledgerport_tool_call_seconds_count"] == {("books",): 7.0}
        assert (found["queue"], found["lag"]) == ({(): 7.0}, {(): 5.0})
    clock.pass_(LIVE_SECONDS)  # the second one has died: what it counted stays, what waited there does not
    found = read(one)
    assert found["ledgerport_http_requests_total"] == {("mcp", "200"): 7.0}
    assert found["queue"] == {(): 2.0}
    SharedCounts(tmp_path, "parent").purge()
    assert read(one)["ledgerport_http_requests_total"] == {("mcp", "200"): 3.0}


def test_a_file_of_counts_that_was_cut_short_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "two.json").write_bytes(b'{"at":')
    assert "ledgerport_tool_calls_total" not in read(Metrics(Counts(), SharedCounts(tmp_path, "one")))
    assert list(SharedCounts(tmp_path, "one").read_others()) == []


def test_calls_are_counted_by_tool_and_outcome_and_unknown_tools_under_one_name() -> None:
    stand = WatchedStand()
    call(stand)
    stand.calls.answer = Answer(status=429, error=RateLimited("Slow down.", retry_after=1))
    call(stand)
    for number in range(20):
        call(stand, f"{CANARY}_{number}")
    assert stand.counts.tool_calls.values == {
        ("books", "list_all_invoices", "ok"): 1,
        ("books", "list_all_invoices", "rate_limited"): 1,
        ("books", "unknown", "not_found"): 20,
    }
    assert stand.counts.rate_limited.values == {("books",): 1}
    assert stand.counts.requests.values == {("mcp", "200"): 22}


def test_requests_are_counted_by_status_also_those_that_are_refused() -> None:
    stand = WatchedStand()
    stand.post("tools/list")
    stand.send(b"no JSON", [(b"content-type", b"application/json")])
    stand.send(method="GET")
    stand.post("tools/list", token="unknown")
    assert stand.counts.requests.values == {
        ("mcp", "200"): 1, ("mcp", "400"): 1, ("mcp", "405"): 1, ("mcp", "404"): 1,
    }  # fmt: skip


def test_a_response_of_the_api_and_of_the_pages_is_counted_by_where_it_is_from(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as here:
            for path in (
                "/",
                "/accounts",
                "/tenant/default/settings",
                "/company/x/journal",
                "/docs",
                "/oauth/authorize",
            ):
                await here.client.get(path, headers={"accept": "text/html"})
            for path in ("/integrated-account", "/tenant/default", "/openapi.json", "/no/such"):
                await here.client.get(path)
            await here.client.post("/oauth/token")
            counted = here.runtime.counts.requests.values
        by_place = {place: sum(n for key, n in counted.items() if key[0] == place) for place, _ in counted}
        assert by_place == {"pages": 6, "api": 5}

    asyncio.run(main())


def test_a_row_of_the_call_log_has_no_argument_and_no_result() -> None:
    stand = WatchedStand(FakeCalls(Answer(f'{{"Id":"{CANARY}"}}', note=CANARY)))
    call(stand, headers={"user-agent": "claude-code/2.1 (cli)"})
    (row,) = stand.logged
    assert row._replace(ms=0.0) == LoggedCall(
        "mcp", 1_800_000_000.0, "default", "a1", "m1", "list_all_invoices", "claude-code", "2.1", "", 0.0, 22,
        "one-of-the-tests",
    )  # fmt: skip
    assert CANARY not in repr(row)


def test_an_unknown_tool_is_logged_without_what_looks_secret_in_it() -> None:
    stand = WatchedStand()
    call(stand, "lpm_0123456789abcdefghijklmnop")
    assert stand.logged[0].tool == "[secret]"
    call(stand, "a" * 500)
    assert len(stand.logged[1].tool) == 128


@pytest.mark.parametrize(
    ("agent", "found"),
    [
        ("claude-code/2.1.0 (cli)", Caller("claude-code", "2.1.0")),
        ("node", Caller("node", "")),
        ("", Caller("", "")),
        ("x" * 200, Caller("x" * LONGEST_NAME, "")),
        ("a\x1bb/1\x00", Caller("ab", "1")),
    ],
)
def test_a_program_is_named_by_the_first_product_of_its_user_agent(agent: str, found: Caller) -> None:
    assert read_agent(agent) == found


@pytest.mark.parametrize("wrong", [None, 7, ["x"], {"a": 1}, True])
def test_a_program_that_names_itself_by_no_text_has_no_name(wrong: Any) -> None:
    assert read_caller(wrong, wrong) == Caller("", "")


def test_a_program_is_named_as_it_named_itself_last_at_this_url() -> None:
    stand = WatchedStand()
    agent = {"user-agent": "python-httpx/0.28"}
    call(stand, headers=agent)
    stand.post("initialize", shake("2025-11-25"), headers=agent)
    call(stand, headers=agent)
    call(stand, headers={"user-agent": "curl/8"})
    call(stand, headers=agent, revision=MODERN)
    stand.calls.answer = Answer(status=404, error=NotFound("No."))
    call(stand, "create_an_invoice", headers=agent)
    named = [(each.client_name, each.client_version, each.error_code) for each in stand.logged]
    assert named == [
        ("python-httpx", "0.28", ""), ("test", "1", ""), ("curl", "8", ""), ("test", "1", ""),
        ("test", "1", "not_found"),
    ]  # fmt: skip


def test_the_lag_of_the_event_loop_is_seen_by_two_scrapers() -> None:
    lag = LoopLag()
    lag._most = 0.7
    assert [dict(lag.read())[()] for _ in range(3)] == [0.7, 0.7, 0.0]


class Faulty:
    """Stores that fail as it is said, and count how often their revision is read."""

    def __init__(self, **faults: str) -> None:
        self.faults = {"unreadable": "", "unwritable": "", "redis": "", **faults}
        self.version, self.reads = find_newest_version(), 0

    def find_faults(self) -> dict[str, str]:
        return self.faults

    def read_version(self) -> int:
        self.reads += 1
        return self.version


@pytest.mark.parametrize(
    ("faults", "part", "status"),
    [
        ({}, "database", "ok"),
        ({"unwritable": "The disk is full."}, "database", "degraded"),
        ({"unreadable": "It is gone."}, "database", "unavailable"),
        ({"redis": "Redis does not answer."}, "redis", "degraded"),
    ],
)
def test_only_a_database_that_cannot_be_read_makes_the_whole_unavailable(
    faults: dict[str, str], part: str, status: str
) -> None:
    parts = asyncio.run(Readiness(Faulty(**faults), has_redis=True).check())
    assert (parts[part].status, join_status(parts)) == (status, status)
    assert [each.reason for each in parts.values() if each.reason] == list(faults.values())


def test_without_redis_there_is_no_such_part() -> None:
    assert asyncio.run(Readiness(Faulty()).check()).keys() == {"database", "migrations", "definitions"}


def test_definitions_with_errors_degrade_it() -> None:
    parts = asyncio.run(Readiness(Faulty(), find_definition_fault=lambda: "They have 2 errors.").check())
    assert parts["definitions"] == Part("degraded", "They have 2 errors.")


def test_a_database_that_a_newer_process_has_migrated_degrades_it_and_is_looked_at_once_in_a_moment() -> None:
    stores, clock = Faulty(), HandClock()
    ready = Readiness(stores, monotonic=clock)

    async def main() -> list[str]:
        found = await asyncio.gather(*(ready.check() for _ in range(20)))
        stores.version += 1
        found.append(await ready.check())
        clock.pass_(LOOK_SECONDS)
        found.append(await ready.check())
        return [each["migrations"].status for each in found]

    statuses = asyncio.run(main())
    assert statuses == ["ok"] * 21 + ["degraded"]
    assert stores.reads == 2


@pytest.mark.parametrize(
    ("variables", "signals"),
    [
        ({}, ()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, ("traces", "metrics")),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, ("traces",)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_METRICS_EXPORTER": "none"}, ("traces",)),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, ()),
        ({"OTEL_SERVICE_NAME": "books"}, ()),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ()),
    ],
)
def test_the_standard_variables_say_what_is_sent(
    variables: Mapping[str, str], signals: tuple[str, ...]
) -> None:
    assert choose_signals(variables) == signals


def test_a_protocol_that_is_not_spoken_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="'grpc'; Ledgerport sends http/protobuf"):
        choose_signals(
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
        )


def test_without_the_sdk_telemetry_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(SettingsError) as refused:
        start_telemetry(("traces",), "1")
    assert "pip install 'ledgerport[otel]'" in refused.value.as_text()


def test_a_start_without_telemetry_imports_neither_opentelemetry_nor_the_library_of_prometheus() -> None:
    code = (
        "import sys, runtime.server.app, runtime.server.serve; "
        "print([name for name in ('opentelemetry', 'prometheus_client') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"
