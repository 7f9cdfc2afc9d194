"""What the operations of API tokens do. Part of `table`; `handlers` has what they are handed."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from runtime.api import reading, shapes, token_shapes
from runtime.api.handlers import ApiRequest, Services
from runtime.api.replies import reply
from runtime.operations.api_tokens import Bounds


async def create_api_token(services: Services, asked: ApiRequest) -> Response:
    """Make an API token. The token is shown this once."""
    body = reading.check_model(await reading.read_json(asked.request), token_shapes.NewApiToken)
    bounds = Bounds(body.tenant_id, body.expires_at, asked.bearer)
    return reply(
        await services.write(
            lambda: services.api_tokens.create(
                body.name, body.scopes, body.integrated_account_id, bounds=bounds, actor=asked.actor
            )
        ),
        201,
    )


async def list_api_tokens(services: Services, asked: ApiRequest) -> Response:
    """List the API tokens, without their secrets."""
    query = reading.read_query(asked.request, shapes.PartQuery)
    return reply(
        await asyncio.to_thread(services.api_tokens.list, query.limit, query.next_cursor, reach=asked.reach)
    )


async def revoke_api_token(services: Services, asked: ApiRequest) -> Response:
    """Revoke an API token: it opens nothing from now on."""
    return reply(
        await services.write(
            lambda: services.api_tokens.revoke(
                asked.read_path_param("token_id"), reach=asked.reach, actor=asked.actor
            )
        )
    )
