"""Where a vendor is: the addresses of its definition, or the same at a simulator of it.

An account belongs to where it was connected. One of a simulator never reaches the vendor, and one of the vendor never
reaches a simulator: tokens would be shown to whom they do not belong.
"""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from generator.vendor import Integration
from runtime.errors import Conflict
from runtime.model import Account
from runtime.settings import SIMULATOR, Settings


class Addresses:
    """The addresses of every vendor in this deployment."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def find_base_url(self, integration: Integration, account: Account) -> str:
        """Return the base URL for the calls of an account, with `{account field}` placeholders.

        Raises Conflict when the account belongs to another place than the one that is set.
        """
        self.check(integration, account)
        own = self._settings.find_for(integration)
        environment = own.environment if own.origin else account.environment
        return self.resolve_address(integration, integration.environments[environment])

    def resolve_address(self, integration: Integration, address: str) -> str:
        """Return an address of the vendor's definition, at the simulator when there is one."""
        origin = self._settings.find_for(integration).origin
        if not origin or not address:
            return address
        simulator = urlsplit(origin)
        return urlunsplit(urlsplit(address)._replace(scheme=simulator.scheme, netloc=simulator.netloc))

    def check(self, integration: Integration, account: Account) -> None:
        """Raise Conflict when the account was connected at another place than the one that is set."""
        has_simulator = bool(self._settings.find_for(integration).origin)
        is_known = (
            account.environment == SIMULATOR
            if has_simulator
            else account.environment in integration.environments
        )
        if not is_known:
            place = f"a simulator of {integration.title}" if has_simulator else integration.title
            raise Conflict(
                f"The account {account.name!r} belongs to {account.environment!r}, and this deployment uses {place}.",
                advice="Connect the company again as a new integrated account.",
            )
