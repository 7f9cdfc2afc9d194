"""What probes are answered: whether the process is alive, and whether it can serve. Both are public."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from runtime.api.handlers import ApiRequest, Services
from runtime.api.replies import reply
from runtime.operations.readiness import join_status


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class PartShape(BaseModel):
    """How one part of the deployment is."""

    status: Literal["ok", "degraded", "unavailable"]
    reason: Annotated[str | None, Field(description="What fails and what to do; null when it is well.")]


class Ready(BaseModel):
    """How the deployment is: as its worst part."""

    status: Literal["ok", "degraded", "unavailable"]
    reason: Annotated[str | None, Field(description="The reason of the worst part.")]
    parts: dict[str, PartShape]


async def check_alive(_services: Services, _asked: ApiRequest) -> Response:
    """Say that the process is alive. It looks at nothing else: a restart does not help a database."""
    return reply({"status": "ok"})


async def check_ready(services: Services, _asked: ApiRequest) -> Response:
    """Say whether the deployment can serve: 503 with reasons when its database cannot be read."""
    parts = await services.readiness.check()
    status = join_status(parts)
    shown = {name: {"status": each.status, "reason": each.reason or None} for name, each in parts.items()}
    reason = next((each.reason for each in parts.values() if each.status == status and each.reason), None)
    return reply(
        {"status": status, "reason": reason, "parts": shown}, 503 if status == "unavailable" else 200
    )
