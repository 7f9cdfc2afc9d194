"""256 calls in flight against a vendor that takes 300 ms: how near ours comes to the most that is possible."""

from __future__ import annotations

from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import SLOW_ID, SLOW_SECONDS, path_of
from tests.bench.load import Target, measure_calls
from tests.bench.messages import call_request, get_request, is_invoice, reads_invoice
from tests.bench.stage import Stage

IN_FLIGHT = 256
IDEAL = IN_FLIGHT / SLOW_SECONDS
OURS, BARE, VENDOR = "slow: ours", "slow: bare pass-through", "slow: the vendor itself"


def run(stage: Stage) -> Findings:
    """Measure."""
    ours, bare, vendor = stage.ours, stage.bare, stage.vendor
    get, check = path_of(SLOW_ID), is_invoice(SLOW_ID)
    pids = {"vendor": vendor.pid}
    targets = {
        OURS: Target(
            ours.port,
            call_request(ours.port, stage.deployment.path, SLOW_ID),
            reads_invoice(SLOW_ID),
            {"server": ours.pid, **pids},
        ),
        BARE: Target(bare.port, get_request(bare.port, get), check, {"server": bare.pid, **pids}),
        VENDOR: Target(vendor.port, get_request(vendor.port, get), check, pids),
    }
    rounds = stage.rounds(
        {
            name: lambda target=target: measure_calls(target, IN_FLIGHT, stage.scale.calls_each)
            for name, target in targets.items()
        }
    )

    def row(name: str, variant: str, aim: Aim | None) -> Row:
        ratios = [rate / IDEAL for rate in rounds.rates(variant)]
        return Row(name, f"{rounds.rate(variant):,.0f}/s", f"{IDEAL:,.0f}/s", ratios, aim)

    rows = [
        row(f"{IN_FLIGHT} calls in flight, 300 ms : ideal", OURS, Aim("at least", 0.85)),
        row("the same, bare pass-through : ideal", BARE, None),
        row("the same, the vendor itself : ideal", VENDOR, None),
    ]
    return Findings(rows, rounds.figures())


ENTRY = Entry("slow", "256 calls in flight, slow vendor", lambda scale: 3 * scale.rounds, run)
