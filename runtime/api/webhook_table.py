"""The operations of webhooks. Part of `table`."""

from __future__ import annotations

from runtime.api import shapes, webhooks
from runtime.api.operation import WEBHOOKS, Operation
from runtime.operations.scopes import ADMIN

WEBHOOK = "/webhook/{webhook_id}"
WEBHOOK_OPERATIONS = (
    Operation(
        "POST",
        "/webhook",
        webhooks.create_webhook,
        webhooks.WebhookOnce,
        201,
        webhooks.NewWebhook,
        has_location=True,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "GET",
        "/webhook",
        webhooks.list_webhooks,
        webhooks.WebhookList,
        query=webhooks.WebhooksQuery,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation("GET", WEBHOOK, webhooks.get_webhook, webhooks.WebhookShape, tag=WEBHOOKS, scope=ADMIN),
    Operation(
        "PATCH",
        WEBHOOK,
        webhooks.change_webhook,
        webhooks.WebhookShape,
        body=webhooks.WebhookChangeBody,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation("DELETE", WEBHOOK, webhooks.delete_webhook, shapes.Deleted, tag=WEBHOOKS, scope=ADMIN),
    Operation(
        "POST",
        WEBHOOK + "/rotate-secret",
        webhooks.rotate_webhook_secret,
        webhooks.WebhookOnce,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "POST", WEBHOOK + "/test", webhooks.test_webhook, webhooks.DeliveryShape, tag=WEBHOOKS, scope=ADMIN
    ),
    Operation(
        "GET",
        WEBHOOK + "/deliveries",
        webhooks.list_deliveries,
        webhooks.DeliveryList,
        query=shapes.PartQuery,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
    Operation(
        "POST",
        WEBHOOK + "/deliveries/{delivery_id}/resend",
        webhooks.resend_delivery,
        webhooks.DeliveryShape,
        tag=WEBHOOKS,
        scope=ADMIN,
    ),
)
