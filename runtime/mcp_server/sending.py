"""What goes with a call from a message to where it is carried out. Part of `methods`."""

from __future__ import annotations

from typing import NamedTuple

from runtime.exchange.allowance import Form
from runtime.operations.finished_calls import NO_CALLER
from runtime.safety.write_options import Asked
from runtime.upstream.files import CarriedFiles
from runtime.watching.calls import Caller


class Sending(NamedTuple):
    """What goes with a call: the key of its caller, the files beside its arguments, and how its answer is sent."""

    key: str
    carried: CarriedFiles
    form: Form
    name: str = ""
    """The name by which the tool was called; empty for the one that it has."""
    client: str = ""
    """How the program that calls names itself, where it may change something."""
    caller: Caller = NO_CALLER
    """The same for the call log."""
    can_confirm: bool = False
    """Whether the client can have its user confirm a write."""
    confirmed: str = ""
    """The hash of the question that its user has confirmed."""
    asked: Asked | None = None
    """What the caller asked for, where a short tool calls."""
