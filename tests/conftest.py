"""What all tests share: clients that wait as long as a loaded machine takes, and the same made-up cases in each run.

`LEDGERPORT_TEST_RANDOM=1` makes other cases up, to look for more: a suite that is to be relied on does not do so.
Each module runs in one worker, so that nothing is set up twice, and the longest begin first, so that all workers end
together; at the end the slowest modules are listed.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2._config
import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.engines import list_left_out

PATIENCE_SECONDS = 120
"""The library's own 5 s are too short for 100 MB on a machine with several suites at once; no test wants a timeout."""
LONGEST = (
    "tests/journeys/",
    "tests/test_cli.py",
    "tests/faults/test_killed_while_approving.py",
    "tests/faults/test_canary_secrets.py",
    "tests/faults/test_database_faults.py",
    "tests/test_readme_commands.py",
    "tests/faults/test_connections.py",
    "tests/faults/test_killed_in_refresh.py",
    "tests/operations/approvals/test_committing.py",
    "tests/operations/test_answer_budget.py",
    "tests/api/test_openapi.py",
    "tests/faults/test_killed_while_storing.py",
    "tests/faults/test_hostile_requests.py",
    "tests/mcp_server/test_hostile_requests.py",
    "tests/differential/test_paths.py",
    "tests/insights/test_anomalies_measured.py",
    "tests/insights/test_planting.py",
)
"""Modules, or folders with one stage, that take longest by what a run lists at its end; the order is theirs."""
MODULES_LISTED = 10

for _stage in ("connect", "read", "write", "pool"):
    setattr(httpx2._config.DEFAULT_TIMEOUT_CONFIG, _stage, PATIENCE_SECONDS)

settings.register_profile("same", derandomize=True)
settings.register_profile("random", derandomize=False)
settings.load_profile("random" if os.environ.get("LEDGERPORT_TEST_RANDOM") else "same")


class ByModule(LoadFileScheduling):
    """Gives a worker one module after the other; the journeys count as one, for they share a stage."""

    def _split_scope(self, nodeid: str) -> str:
        module: str = super()._split_scope(nodeid)
        return "tests/journeys/" if module.startswith("tests/journeys/") else module


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    config.option.loadscopereorder = (
        False  # it would begin with those of the most cases, not with the longest
    )
    return ByModule(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(
        key=lambda item: next(
            (at for at, each in enumerate(LONGEST) if item.nodeid.startswith(each)), len(LONGEST)
        )
    )


def pytest_collection_finish() -> None:
    """What was collected stays: no collection of garbage needs to look at it again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Iterator[None]:
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
    if len(seconds) > MODULES_LISTED:
        terminalreporter.section("Slowest modules")
        for module, taken in seconds.most_common(MODULES_LISTED):
            terminalreporter.write_line(f"{taken:6.1f} s  {module}")
    yield
    for line in list_left_out([str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]):
        terminalreporter.write_line(line, yellow=True)
