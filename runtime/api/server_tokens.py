"""What the management API does with the tokens of MCP servers after their creation. Beside `handlers`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body
from runtime.api.replies import reply
from runtime.operations.server_tokens import LONGEST_OVERLAP_SECONDS


class Rotation(Body):
    """How long the present URL of an MCP server works beside the new one."""

    overlap_seconds: Annotated[
        int,
        Field(
            ge=0,
            le=LONGEST_OVERLAP_SECONDS,
            description="Seconds until the present URL ends; 0 for at once. One that was replaced before ends at once "
            "in any case.",
        ),
    ] = 0


async def rotate_mcp_server(services: Services, asked: ApiRequest) -> Response:
    """Replace the URL of an MCP server. The new URL and its token are shown this once."""
    body = reading.check_model(await reading.read_json(asked.request, may_be_empty=True), Rotation)
    return reply(
        await services.write_together(
            lambda: services.server_tokens.rotate(
                asked.read_path_param("id"),
                asked.read_path_param("mcp_id"),
                body.overlap_seconds,
                actor=asked.actor,
            )
        )
    )
