"""What the management API takes and answers about webhooks."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body
from runtime.api.replies import reply
from runtime.api.shapes import PartQuery, Time
from runtime.events import EVENT_TYPES, DeliveryStatus, WebhookStatus
from runtime.operations.scopes import find_reach
from runtime.operations.webhook_address import LONGEST_URL
from runtime.operations.webhooks import WebhookChange
from runtime.tenancy import Reach

_TYPES = "The events to inform of; every event when left out or empty. " + " ".join(
    f"{name}: {text}" for name, text in EVENT_TYPES.items()
)
Types = Annotated[
    list[Annotated[str, Field(max_length=80)]],
    Field(max_length=50, description=_TYPES, examples=[["account.needs_reauth"]]),
]
Url = Annotated[
    str, Field(min_length=1, max_length=LONGEST_URL, description="The https address that is informed.")
]


class NewWebhook(Body):
    """A webhook to make."""

    url: Url
    types: Types = []
    tenant_id: Annotated[
        str | None,
        Field(min_length=1, max_length=200, description="Only events of this tenant; of all when left out."),
    ] = None


class WebhookChangeBody(Body):
    """What to change of a webhook; what is left out stays."""

    url: Url | None = None
    types: Types | None = None
    enabled: Annotated[
        bool | None,
        Field(description="false stops it. true lets it go on, also after it was disabled by failures."),
    ] = None


class WebhookShape(BaseModel):
    """An address that is informed of events."""

    id: str
    url: str
    types: Annotated[list[str], Field(description="The events it is informed of; empty for every one.")]
    tenant_id: Annotated[str | None, Field(description="Whose events; null for those of every tenant.")]
    status: WebhookStatus
    reason: Annotated[str | None, Field(description="Why it is disabled.")]
    failing_since: Annotated[
        Time | None,
        Field(description="Since when nothing could be delivered; after five days it is disabled."),
    ]
    previous_secret_until: Annotated[
        Time | None, Field(description="Until when the secret before the present one signs as well.")
    ]
    created_at: Time
    updated_at: Time


class WebhookOnce(WebhookShape):
    """A webhook with its secret, which is shown this once."""

    secret: Annotated[
        str, Field(description="What its receiver verifies signatures with, by Standard Webhooks 1.0.")
    ]


class WebhookList(BaseModel):
    """A part of the webhooks."""

    result: list[WebhookShape]
    next_cursor: str | None


class DeliveryShape(BaseModel):
    """One event on its path to one webhook, and what the last attempt came to."""

    id: str
    event_id: Annotated[str, Field(description="The header webhook-id: the same at every attempt.")]
    type: str
    status: DeliveryStatus
    attempts: int
    code: Annotated[
        int | None, Field(description="The HTTP status of the last attempt; null where none came.")
    ]
    took_ms: int
    error: Annotated[str | None, Field(description="Why the last attempt failed.")]
    created_at: Time
    attempted_at: Time | None
    next_at: Annotated[Time | None, Field(description="When it is attempted next; null when it is not.")]


class DeliveryList(BaseModel):
    """A part of the deliveries to a webhook, the newest first."""

    result: list[DeliveryShape]
    next_cursor: str | None


class WebhooksQuery(PartQuery):
    """Which webhooks to answer."""

    tenant_id: Annotated[str | None, Field(max_length=200, description="Only those of this tenant.")] = None


async def create_webhook(services: Services, asked: ApiRequest) -> Response:
    """Make a webhook: an address that is informed of events. Its secret is shown this once."""
    body = reading.check_model(await reading.read_json(asked.request), NewWebhook)
    made = await services.write(
        lambda: services.webhooks.create(body.url, body.types, body.tenant_id, **_by(asked))
    )
    return reply(made, 201, location=f"/webhook/{made['id']}")


async def list_webhooks(services: Services, asked: ApiRequest) -> Response:
    """List the webhooks, from the oldest on."""
    query = reading.read_query(asked.request, WebhooksQuery)
    found = await asyncio.to_thread(
        services.webhooks.list, query.limit, query.next_cursor, query.tenant_id, reach=_reach(asked)
    )
    return reply(found)


async def get_webhook(services: Services, asked: ApiRequest) -> Response:
    """Get one webhook."""
    return reply(await asyncio.to_thread(services.webhooks.get, _id(asked), reach=_reach(asked)))


async def change_webhook(services: Services, asked: ApiRequest) -> Response:
    """Change the address or events of a webhook, or enable or disable it."""
    body = reading.check_model(await reading.read_json(asked.request), WebhookChangeBody)
    change = WebhookChange(body.url, body.types, body.enabled)
    return reply(await services.write(lambda: services.webhooks.change(_id(asked), change, **_by(asked))))


async def delete_webhook(services: Services, asked: ApiRequest) -> Response:
    """Remove a webhook, with what was still to be delivered to it."""
    return reply(await services.write(lambda: services.webhooks.delete(_id(asked), **_by(asked))))


async def rotate_webhook_secret(services: Services, asked: ApiRequest) -> Response:
    """Give a webhook a new secret, shown this once. For 24 hours both secrets sign."""
    return reply(await services.write(lambda: services.webhooks.rotate_secret(_id(asked), **_by(asked))))


async def test_webhook(services: Services, asked: ApiRequest) -> Response:
    """Send a test event to a webhook, once, and answer what came of it."""
    return reply(await services.webhooks.test(_id(asked), **_by(asked)))


async def list_deliveries(services: Services, asked: ApiRequest) -> Response:
    """List what was delivered to a webhook, or is to be, the newest first."""
    query = reading.read_query(asked.request, PartQuery)
    read = services.webhooks.list_deliveries
    return reply(
        await asyncio.to_thread(read, _id(asked), query.limit, query.next_cursor, reach=_reach(asked))
    )


async def resend_delivery(services: Services, asked: ApiRequest) -> Response:
    """Deliver an event to a webhook once more."""
    delivery = asked.read_path_param("delivery_id")
    return reply(await services.write(lambda: services.webhooks.resend(_id(asked), delivery, **_by(asked))))


def _reach(asked: ApiRequest) -> Reach:
    return find_reach(asked.bearer)


def _by(asked: ApiRequest) -> dict[str, Any]:
    """Return who asks, and how far that reaches."""
    return {"reach": _reach(asked), "actor": asked.actor}


def _id(asked: ApiRequest) -> str:
    return asked.read_path_param("webhook_id")
