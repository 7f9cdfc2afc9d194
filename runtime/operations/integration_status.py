"""What of an integration is set up in this deployment, without a secret: the app, addresses, scopes, what is missing.

Called by the page of integrations. Which setting sets something is said by `setting_table`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator.catalog import Catalog
from generator.vendor import Integration
from runtime.setting_table import name_variable
from runtime.settings import IntegrationSettings, Settings

KINDS = {
    "oauth2": "A person agrees at the vendor (OAuth 2.0).",
    "client_credentials": "An app of yours proves itself (OAuth 2.0 client credentials).",
    "headers": "Keys of each company, which are entered when it is connected.",
}
"""How companies are connected, by the type of an integration's authentication."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not set, and the variable of the environment that sets it."""

    about: str
    variable: str


@dataclass(frozen=True, slots=True)
class IntegrationStatus:
    """An integration as its page shows it. `tools` counts what an agent may have of it."""

    about: Integration
    kind: str
    has_app: bool
    environment: str
    is_simulated: bool
    scopes: tuple[str, ...]
    missing: tuple[Missing, ...]
    tools: int

    @property
    def is_ready(self) -> bool:
        """Whether a company can be connected."""
        return not self.missing


def describe_integrations(catalog: Catalog, settings: Settings) -> list[IntegrationStatus]:
    """Return every integration there is, and how far it is set up."""
    return [
        _describe(each, settings.find_for(each), len(catalog.list_tools(each.name)))
        for each in catalog.integrations.values()
    ]


def _describe(about: Integration, given: IntegrationSettings, tools: int) -> IntegrationStatus:
    return IntegrationStatus(
        about,
        KINDS[about.auth.type],
        bool(given.client_id and given.client_secret),
        given.environment,
        bool(given.origin),
        about.auth.scopes,
        tuple(_list_missing(about, given)),
        tools,
    )


def _list_missing(about: Integration, given: IntegrationSettings) -> Iterator[Missing]:
    if not about.auth.uses_app:
        return
    if not given.client_id:
        yield Missing("The client id of your app at the vendor", name_variable(about.name, "CLIENT_ID"))
    if not given.client_secret:
        yield Missing("The client secret of that app", name_variable(about.name, "CLIENT_SECRET"))
