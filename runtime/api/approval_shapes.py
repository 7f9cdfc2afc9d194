"""What the management API takes and answers about writes that wait for a person. Part of `shapes`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from runtime.api.limit_shapes import Body
from runtime.approval import USUAL_CONFIRMED, USUAL_HOURS
from runtime.operations.approval_config import LARGEST_AMOUNT, MOST_HOURS, MOST_NAMES

Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=MOST_NAMES)]


class ApprovalShape(Body):
    """Which writes wait for a person, and who may approve them. A write waits when any of these says so."""

    risks: Annotated[
        Names, Field(description="create, overwrite, send, destroy: the risks of tools whose writes wait.")
    ] = []
    tags: Annotated[Names, Field(description="Tags of tools whose writes wait.")] = []
    tools: Annotated[Names, Field(description="Names of tools whose writes wait.")] = []
    above_amount: Annotated[
        float | None,
        Field(
            ge=0,
            le=LARGEST_AMOUNT,
            description="Every write of a greater amount waits, in the home currency, and one whose amount cannot be "
            "known.",
            examples=[500],
        ),
    ] = None
    roles: Annotated[
        Names,
        Field(
            description="The only roles that may approve: viewer, member, billing_admin, admin, owner. Where neither "
            "roles nor people are named, billing_admin and above may."
        ),
    ] = []
    people: Annotated[
        Names, Field(description="Email addresses of people who may approve, whatever their role is.")
    ] = []
    expires_after_hours: Annotated[
        int,
        Field(ge=1, le=MOST_HOURS, description="After how many hours without a decision nothing is sent."),
    ] = USUAL_HOURS
    four_eyes: Annotated[
        bool, Field(description="Whether the person whose agent asks may not approve it.")
    ] = True
    confirm: Annotated[
        Names,
        Field(
            description="Risks of writes that do not wait, which a client that can ask its user has confirmed first."
        ),
    ] = list(USUAL_CONFIRMED)
