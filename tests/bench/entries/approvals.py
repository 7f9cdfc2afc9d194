"""What it costs that a write waits for a person: over the dry run of the same call, and 10,000 that wait.

In this process, with the simulator and real records. What waits asks the vendor nothing: its requests are counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

from runtime.operations.approvals.deciding import PART
from runtime.operations.approvals.proposals import seal_proposal
from runtime.stores.pending_steps import Consequences, PendingFilter
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import Wrong
from tests.bench.stage import Stage
from tests.operations.approvals.shop import OVERWRITES, Shop, new_invoice

WAITING = 10_000
CALLS = 40
"""Of each kind in a round: they take turns, so that what else the machine does meets both."""
STAGING, LISTING = Aim("at most", 5), Aim("under", 30)
HOUR = 3_600.0


def run(stage: Stage) -> Findings:
    """Measure."""
    shop = Shop(stage.folder / "approvals", OVERWRITES)
    try:
        rows = [_measure_staging(shop, stage), *_measure_list(shop, stage)]
    finally:
        shop.close()
    return Findings(
        rows, notes=(f"Approvals: an update of an invoice, {CALLS} times in a round; a part has {PART}.",)
    )


def _measure_staging(shop: Shop, stage: Stage) -> Row:
    """Return what staging costs over the same call's dry run, which goes through the same checks."""
    invoice, costs, number = new_invoice(shop)["Id"], [], 0
    for _ in range(stage.scale.rounds):
        dry, staged = [], []
        for _ in range(CALLS):
            number += 1
            given = {"id": invoice, "PrivateNote": f"note {number}"}
            dry.append(_time(lambda given=given: shop.answer("update invoices", **given, dry_run=True)))
            staged.append(_time(lambda given=given: shop.propose("update invoices", **given)))
        costs.append(median(staged) - median(dry))
        stage.progress.step("staging")
    return Row("processor time of staging, over a dry run", "", "", costs, STAGING, "ms")


def _measure_list(shop: Shop, stage: Stage) -> list[Row]:
    """Return what the first part of many that wait costs, and how many requests they made to the vendor."""
    _add_waiting(shop)
    before, records = shop.count_sent(), shop.here.stores
    wanted = PendingFilter(("a",), statuses=("waiting",), until=shop.clock())
    parts: dict[str, tuple[Callable[[], object], list[float]]] = {
        "the first part": (lambda: shop.run(shop.decisions.list_part(wanted)), []),
        "the first part, of the tenant": (
            lambda: shop.run(shop.decisions.list_part(replace(wanted, account_ids=(), tenant_id="default"))),
            [],
        ),
        "the last part": (
            lambda: shop.run(shop.decisions.list_part(wanted, (shop.clock() - WAITING + PART, "q"))),
            [],
        ),
        "their count": (lambda: shop.run(shop.decisions.count_waiting("a")), []),
    }
    for _ in range(stage.scale.rounds):
        for name, (work, costs) in parts.items():
            costs.append(median(_time(work) for _ in range(5)))
            stage.progress.step(name)
    shop.clock.pass_(HOUR)
    shop.run_jobs()
    if records.records.count_pending(replace(wanted, until=shop.clock()), WAITING) < WAITING:
        raise Wrong("not all of them wait")
    said = f"processor time of {WAITING:,} that wait, "
    rows = [Row(said + name, "", "", costs, LISTING, "ms") for name, (_, costs) in parts.items()]
    polled = Row(f"requests to the vendor while {WAITING:,} wait", "", "", [shop.count_sent() - before])
    return [*rows, replace(polled, aim=Aim("at most", 0), unit="requests")]


def _add_waiting(shop: Shop) -> None:
    """Store many changes that wait, each a second older than the one before."""
    id_ = shop.propose("update invoices", id=new_invoice(shop, 7.5)["Id"], PrivateNote="waits")["id"]
    change, proposal, keys = shop.find(id_), shop.read(id_), shop.here.keys
    new = []
    for number in range(WAITING):
        other = f"pch_{number:032x}"
        sealed = seal_proposal(keys, other, proposal)
        fingerprint, at = number.to_bytes(32), change.created_at - number
        made = replace(change, id=other, fingerprint=fingerprint, created_at=at, sealed=sealed)
        new.append((made, Consequences()))
    shop.records.add_pending(new)


def _time(work: Callable[[], object]) -> float:
    """Return the processor time of some work in this process, in milliseconds."""
    began = time.process_time()
    work()
    return 1e3 * (time.process_time() - began)


ENTRY = Entry("approvals", "writes that wait for a person", lambda scale: 5 * scale.rounds, run)
