"""The fields of an account in a form, such as keys. Called by `connect_company_pages` and `connection_pages`."""

from __future__ import annotations

from collections.abc import Mapping

from generator.vendor import Integration
from runtime.operations.account_fields import list_wanted_fields

FIELD = "field."
"""Stands before the name of an account field in a form."""


def find_missing(integration: Integration, values: Mapping[str, str]) -> dict[str, str]:
    """Return what is to be said of each field of an account that a form leaves empty, under its name there."""
    return {
        FIELD + each.name: f"{integration.title} asks for the {each.title}."
        for each in list_wanted_fields(integration)
        if not values.get(FIELD + each.name, "").strip()
    }


def read_fields(integration: Integration, values: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of an account as a form has them."""
    wanted = list_wanted_fields(integration)
    return {each.name: values.get(FIELD + each.name, "").strip() for each in wanted}
