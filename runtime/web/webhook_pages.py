"""The pages of the webhooks of an organization: made, changed, tested and deleted; what was delivered, and once more.

Called by `routes`. Calls `operations.webhooks`. The secret by which a receiver knows that a message is ours is shown
once, when it is made and when another one takes its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest
from runtime.events import EVENT_TYPES, TEST_TYPE
from runtime.operations.webhooks import WebhookChange, make_webhooks
from runtime.web.person_pages import PageParts
from runtime.web.tenant_pages import SETTINGS_PATH, Sent, TenantPages, TenantPlace, lead_to, require_tenant

WEBHOOKS_PATH = SETTINGS_PATH + "/webhooks"
WEBHOOK_PATH = WEBHOOKS_PATH + "/{webhook_id}"
CREATE, CHANGE, SWITCH = "create webhook", "change webhook", "switch webhook"
ROTATE, TEST, DELETE, RESEND = "rotate webhook secret", "test webhook", "delete webhook", "resend delivery"
"""The names of the forms of the pages."""
MOST_WEBHOOKS = 200
"""Webhooks on one part of the list; an organization has a few."""
MOST_DELIVERIES = 50
"""Deliveries on one part of the log, as many as somebody looks through for one that failed."""
T = TypeVar("T")


class WebhookPages(TenantPages):
    """Shows and changes webhooks."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._webhooks = make_webhooks(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of these pages."""
        return [
            Route(WEBHOOKS_PATH, self.look, methods=["GET"]),
            Route(WEBHOOKS_PATH, self.create, methods=["POST"]),
            Route(WEBHOOK_PATH, self.look_at_one, methods=["GET"]),
            Route(WEBHOOK_PATH + "/change", self.change, methods=["POST"]),
            Route(WEBHOOK_PATH + "/switch", self.pause_or_resume, methods=["POST"]),
            Route(WEBHOOK_PATH + "/rotate", self.rotate, methods=["POST"]),
            Route(WEBHOOK_PATH + "/test", self.test, methods=["POST"]),
            Route(WEBHOOK_PATH + "/delete", self.delete, methods=["POST"]),
            Route(WEBHOOK_PATH + "/resend", self.resend, methods=["POST"]),
        ]

    @require_tenant("manage_settings")
    async def look(self, request: Request, place: TenantPlace) -> Response:
        """Show the webhooks there are, and the form of a new one."""
        return await self._show_all(request, place)

    @require_tenant("manage_settings")
    async def create(self, request: Request, place: TenantPlace) -> Response:
        """Make a webhook, and show its secret this once."""
        sent = await self.check_choices(request, place, CREATE)
        try:
            url, types = read_wanted(sent)
            made = await self._write(
                lambda: self._webhooks.create(url, types, reach=place.reach, actor=place.who.person.id)
            )
        except InvalidRequest as problem:
            return await self._show_all(request, place, 422, sent, _say(problem))
        self._log("webhook_created", tenant=place.tenant_id, by=place.who.person.id)
        return await self._show_one(request, place, made["id"], secret=made["secret"], done="created")

    @require_tenant("manage_settings")
    async def look_at_one(self, request: Request, place: TenantPlace) -> Response:
        """Show one webhook, and what was delivered to it."""
        return await self._show_one(request, place, _read_id(request))

    @require_tenant("manage_settings")
    async def change(self, request: Request, place: TenantPlace) -> Response:
        """Change the address of a webhook, and the events it is informed of."""
        sent, webhook_id = await self.check_choices(request, place, CHANGE), _read_id(request)
        try:
            url, types = read_wanted(sent)
            await self._change(place, webhook_id, WebhookChange(url=url, types=types))
        except InvalidRequest as problem:
            return await self._show_one(request, place, webhook_id, 422, sent=sent, errors=_say(problem))
        return _lead_back(place, webhook_id, "changed")

    @require_tenant("manage_settings")
    async def pause_or_resume(self, request: Request, place: TenantPlace) -> Response:
        """Pause a webhook, or have it informed again."""
        sent, webhook_id = await self.check_choices(request, place, SWITCH), _read_id(request)
        is_enabled = sent.values.get("to") == "enabled"
        await self._change(place, webhook_id, WebhookChange(enabled=is_enabled))
        return _lead_back(place, webhook_id, "resumed" if is_enabled else "paused")

    @require_tenant("manage_settings")
    async def rotate(self, request: Request, place: TenantPlace) -> Response:
        """Give a webhook another secret, and show it this once."""
        await self.check_choices(request, place, ROTATE)
        webhook_id, actor = _read_id(request), place.who.person.id
        made = await self._write(
            lambda: self._webhooks.rotate_secret(webhook_id, reach=place.reach, actor=actor)
        )
        self._log("webhook_rotated", tenant=place.tenant_id, by=actor)
        return await self._show_one(request, place, webhook_id, secret=made["secret"], done="rotated")

    @require_tenant("manage_settings")
    async def test(self, request: Request, place: TenantPlace) -> Response:
        """Send a test event to a webhook."""
        await self.check_choices(request, place, TEST)
        webhook_id = _read_id(request)
        await self._webhooks.test(webhook_id, reach=place.reach, actor=place.who.person.id)
        return _lead_back(place, webhook_id, "tested")

    @require_tenant("manage_settings")
    async def delete(self, request: Request, place: TenantPlace) -> Response:
        """Delete a webhook, and what was to be delivered to it."""
        await self.check_choices(request, place, DELETE)
        webhook_id, actor = _read_id(request), place.who.person.id
        await self._write(lambda: self._webhooks.delete(webhook_id, reach=place.reach, actor=actor))
        self._log("webhook_deleted", tenant=place.tenant_id, by=actor)
        return lead_to(place, "/settings/webhooks", done="deleted")

    @require_tenant("manage_settings")
    async def resend(self, request: Request, place: TenantPlace) -> Response:
        """Have an event delivered once more."""
        sent, webhook_id = await self.check_choices(request, place, RESEND), _read_id(request)
        delivery, actor = sent.values.get("delivery", ""), place.who.person.id
        await self._write(lambda: self._webhooks.resend(webhook_id, delivery, reach=place.reach, actor=actor))
        return _lead_back(place, webhook_id, "resent")

    async def _change(self, place: TenantPlace, webhook_id: str, change: WebhookChange) -> None:
        actor = place.who.person.id
        await self._write(lambda: self._webhooks.change(webhook_id, change, reach=place.reach, actor=actor))
        self._log("webhook_changed", tenant=place.tenant_id, by=actor)

    async def _write(self, work: Callable[[], T]) -> T:
        return await self._deployment.stores.write(work)

    async def _show_all(
        self,
        request: Request,
        place: TenantPlace,
        status: int = 200,
        sent: Sent | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        after = request.query_params.get("after", "")
        part = await asyncio.to_thread(self._webhooks.list, MOST_WEBHOOKS, after, reach=place.reach)
        return await self.show_tenant(
            request,
            place,
            "settings_webhooks",
            "webhooks",
            status,
            webhooks=part["result"],
            next_cursor=part["next_cursor"],
            **_describe_form(request, sent, errors),
        )

    async def _show_one(
        self,
        request: Request,
        place: TenantPlace,
        webhook_id: str,
        status: int = 200,
        *,
        sent: Sent | None = None,
        errors: Mapping[str, str] | None = None,
        **made: Any,
    ) -> Response:
        after, reach = request.query_params.get("after", ""), place.reach
        webhook = await asyncio.to_thread(self._webhooks.get, webhook_id, reach=reach)
        part = await asyncio.to_thread(
            self._webhooks.list_deliveries, webhook_id, MOST_DELIVERIES, after, reach=reach
        )
        return await self.show_tenant(
            request,
            place,
            "settings_webhook",
            "webhooks",
            status,
            webhook=webhook,
            deliveries=part["result"],
            next_cursor=part["next_cursor"],
            test=next((each for each in part["result"] if each["type"] == TEST_TYPE), None),
            **{"secret": "", **_describe_form(request, sent, errors), **made},
        )


def read_wanted(sent: Sent) -> tuple[str, list[str]]:
    """Return the address and the types of events of a form; no types where all were wanted.

    Raises InvalidRequest where neither all nor any were chosen.
    """
    types = sent.list_choices("type")
    if sent.values.get("which") != "all" and not types:
        raise InvalidRequest(
            "No event is chosen.", advice="Choose one, or all of them.", details={"of": "types"}
        )
    return sent.values.get("url", "").strip(), [] if sent.values.get("which") == "all" else types


def _describe_form(request: Request, sent: Sent | None, errors: Mapping[str, str] | None) -> dict[str, Any]:
    """Return what the form of a webhook is filled with: what was sent, where that could not be taken."""
    return {
        "events": EVENT_TYPES,
        "entered": sent.values if sent else {},
        "chosen": sent.list_choices("type") if sent else [],
        "errors": errors or {},
        "done": request.query_params.get("done", ""),
    }


def _say(problem: InvalidRequest) -> dict[str, str]:
    """Return an error under the field that it is of."""
    name = "types" if problem.details.get("of") == "types" else "url"
    return {name: f"{problem.message} {problem.advice or ''}".strip()}


def _read_id(request: Request) -> str:
    return str(request.path_params["webhook_id"])


def _lead_back(place: TenantPlace, webhook_id: str, done: str) -> Response:
    return lead_to(place, f"/settings/webhooks/{webhook_id}", done=done)
