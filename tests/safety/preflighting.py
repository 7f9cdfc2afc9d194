"""The rules of a pre-flight without a call around them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.findings import list_warnings, refuse
from runtime.safety.preflight.looked_up import LookedUp
from runtime.safety.preflight.rules import find_all
from runtime.upstream.request import record

TODAY = date(2026, 11, 27)


def refuse_errors(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for what is certain to be wrong."""
    refuse(tool, find_all(tool, integration, record(tool, arguments), LookedUp(TODAY)))


def warn(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> str:
    """Return what the answer of the write would say."""
    return " ".join(list_warnings(find_all(tool, integration, record(tool, arguments), LookedUp(TODAY))))
