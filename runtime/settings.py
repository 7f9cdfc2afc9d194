"""What a deployment says about itself, read once at start from the environment.

Every other part takes a `Settings`, and none reads the environment. A value that cannot be right stops the start with
the name of its variable and what would be right; no secret is in any `repr` or message. `setting_table` has every
setting; here they become one value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from generator.vendor import Integration
from runtime.errors import SettingsError
from runtime.keys.crypto import Keys
from runtime.keys.master_key import FILE_NAME, read_secret_key
from runtime.redis_address import RedisAddress
from runtime.setting_table import (
    BY_NAME,
    OF_ISSUER,
    TABLE,
    Given,
    Setting,
    name_issuer_variable,
    name_variable,
    read_given,
    split_issuer_name,
    split_name,
)
from runtime.setting_values import LOOPBACK as LOOPBACK
from runtime.smtp_address import Sender, SmtpServer
from runtime.watching.telemetry import Signal, choose_signals

SIMULATOR = "simulator"
"""The environment of an account that was connected while its integration had an `_ORIGIN` of its own."""

_ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (compared with, never bound to)


@dataclass(frozen=True, slots=True)
class IntegrationSettings:
    """What this deployment says about one vendor: its app there, and where the vendor is."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    environment: str = "production"
    is_environment_set: bool = False
    origin: str = ""
    """Scheme, host and port of a simulator of the vendor; empty for the vendor itself."""


@dataclass(frozen=True, slots=True)
class IssuerSettings:
    """An issuer of identities by which people sign in (OpenID Connect), and our app there."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    title: str


NOTHING_SET = IntegrationSettings()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `load` makes it; the fields are checked already."""

    data: Path
    secret_key: bytes = field(repr=False)
    previous_secret_keys: tuple[bytes, ...] = field(default=(), repr=False)
    key_file: Path | None = field(default=None, repr=False)
    """Where the secret key was read from; None where the environment has it."""
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    allowed_origins: tuple[str, ...] = ()
    return_urls: tuple[str, ...] = ()
    """Origins that a browser may be sent to when a company is connected."""
    database: Path = Path("ledgerport.sqlite3")
    """The SQLite file of an embedded installation."""
    postgres_url: str = field(default="", repr=False)
    """The address of the database of a fleet, with its password; empty for an embedded installation."""
    redis: RedisAddress | None = None
    """Where the processes of a fleet count and agree; None for one process."""
    max_answer_bytes: int = 32_000
    upstream_timeout: float = 55.0
    upstream_per_account: int = 256
    max_connections: int = 0
    wrong_tokens_per_minute: int = 20
    """How many connections a process serves at once; 0 for what suits the system."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of proxies that say where a connection comes from."""
    workers: int = 1
    """How many processes serve on the one port."""
    fast_path: bool = True
    """Whether small requests to the MCP endpoint are answered without ASGI."""
    docs: bool = True
    """Whether the reference pages are served."""
    webhook_private: bool = False
    """Whether webhooks may lead to private addresses, and over http to this machine."""
    smtp: SmtpServer | None = None
    """Where email is handed over; None where none is sent."""
    smtp_from: Sender | None = None
    """Whom email is from; None for an address at our own host."""
    log_format: Literal["text", "json"] = "text"
    log_days: int = 30
    """How long the call log is stored; 0 for no call log."""
    telemetry: tuple[Signal, ...] = ()
    """What is sent to an OpenTelemetry collector."""
    definitions: tuple[Path, ...] = ()
    """Folders of definitions that are laid over ours, in this order."""
    integrations: Mapping[str, IntegrationSettings] = field(default_factory=dict)
    issuers: Mapping[str, IssuerSettings] = field(default_factory=dict)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables, make the data directory and, the first time, the secret key.

        Raises SettingsError, which names the variable and says what is right.
        """
        given = read_given(environ)
        values = {each.field: _read(each, given) for each in TABLE if each.field}
        data = make_data_directory(_read(BY_NAME["LEDGERPORT_DATA"], given))
        place = _read(BY_NAME["LEDGERPORT_DATABASE_URL"], given)
        database = place if isinstance(place, Path) else data / "ledgerport.sqlite3"
        postgres_url = place if isinstance(place, str) else ""
        text = given.find(BY_NAME["LEDGERPORT_SECRET_KEY"])
        return cls(
            data=data,
            secret_key=read_secret_key(text, data, None if postgres_url else database),
            key_file=_find_key_file(given, data),
            public_url=_read(BY_NAME["LEDGERPORT_PUBLIC_URL"], given)
            or derive_public_url(values["host"], values["port"]),
            database=database,
            postgres_url=postgres_url,
            integrations=_read_integrations(given),
            issuers=_read_issuers(given),
            telemetry=choose_signals(environ),
            **values,
        )

    def make_keys(self) -> Keys:
        """Return the keys that are derived from the secret key, which open what previous ones sealed as well."""
        return Keys(self.secret_key, self.previous_secret_keys)

    def find_for(self, integration: Integration) -> IntegrationSettings:
        """Return what is set for an integration. Raises SettingsError for an environment that it does not have."""
        found = self.integrations.get(integration.name, NOTHING_SET)
        if found.environment in integration.environments:
            return found
        if not found.is_environment_set:  # a vendor without production
            return replace(found, environment=next(iter(integration.environments)))
        raise SettingsError(
            f"{name_variable(integration.name, 'ENVIRONMENT')} is {found.environment!r}; "
            f"{integration.title} has {_either(integration.environments)}."
        )

    def check_integrations(self, integrations: Mapping[str, Integration]) -> None:
        """Check what is set for vendors against those there are. Raises SettingsError."""
        for name in self.integrations:
            if name not in integrations:
                raise SettingsError(
                    f"Variables that begin with {name_variable(name, '')} are set, and there is no such integration.",
                    advice=f"There is {_either(integrations)}.",
                )
        for integration in integrations.values():
            self.find_for(integration)

    def choose_environment(self, integration: Integration) -> str:
        """Return the environment that an account connected now belongs to: a simulator's accounts are never the
        vendor's.
        """
        found = self.find_for(integration)
        return SIMULATOR if found.origin else found.environment


def find_shared_directory(settings: Settings) -> str:
    """Return the directory that has the secret key and the database, whose copy opens everything; empty for none."""
    if settings.postgres_url or settings.key_file is None:
        return ""
    directory = settings.key_file.resolve().parent
    return str(directory) if settings.database.resolve().parent == directory else ""


def get_app(settings: Settings, integration: Integration) -> IntegrationSettings:
    """Return the vendor app to connect with. Raises SettingsError when the client id or secret is missing."""
    found = settings.find_for(integration)
    names = [("CLIENT_ID", found.client_id), ("CLIENT_SECRET", found.client_secret)]
    missing = [name_variable(integration.name, name) for name, value in names if not value]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} must be set to connect {integration.title}.",
            advice=f"They are the keys of your app at the developer pages of {integration.title}.",
        )
    return found


def read_definition_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the operator's own folders of definitions. Raises SettingsError when one is not there."""
    setting = BY_NAME["LEDGERPORT_DEFINITIONS"]
    found: tuple[Path, ...] = setting.read(setting.name, environ.get(setting.name, ""))
    return found


def _find_key_file(given: Given, data: Path) -> Path | None:
    name = BY_NAME["LEDGERPORT_SECRET_KEY"].name
    if name in given.texts and name not in given.files:
        return None
    return Path(given.files.get(name) or data / FILE_NAME).expanduser().absolute()


def make_data_directory(value: str) -> Path:
    """Return the data directory, made when it is not there. Raises SettingsError."""
    path = Path(value).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingsError(
            f"LEDGERPORT_DATA is {value!r}: {problem.strerror or 'not a directory'}."
        ) from problem
    return path


def derive_public_url(host: str, port: int) -> str:
    """Return what URLs begin with where nothing is said. Raises SettingsError for a host that is not this machine."""
    if host in _ANY_ADDRESS:
        host = "localhost"
    if host not in LOOPBACK:
        raise SettingsError(
            f"LEDGERPORT_HOST is {host!r}, so LEDGERPORT_PUBLIC_URL must say where clients reach it, "
            "such as https://books.example.com."
        )
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _read(setting: Setting, given: Given) -> Any:
    return setting.read(setting.name, given.find(setting))


def _read_integrations(given: Given) -> dict[str, IntegrationSettings]:
    found: dict[str, dict[str, str]] = {}
    for variable, text in given.texts.items():
        if named := split_name(variable):
            name, setting = named
            found.setdefault(name, {})[setting.field] = setting.read(variable, text)
    return {
        name: IntegrationSettings(**values, is_environment_set="environment" in values)
        for name, values in found.items()
    }


def _read_issuers(given: Given) -> dict[str, IssuerSettings]:
    """Return the issuers of identities. Raises SettingsError for one of which something is missing."""
    found: dict[str, dict[str, str]] = {}
    for variable, text in given.texts.items():
        if named := split_issuer_name(variable):
            name, setting = named
            found.setdefault(name, {})[setting.field] = setting.read(variable, text)
    for name, values in found.items():
        needed = [each for each in OF_ISSUER if each.field != "title" and not values.get(each.field)]
        if needed:
            missing = " and ".join(name_issuer_variable(name, each.name) for each in needed)
            raise SettingsError(f"{missing} must be set, so that people can sign in with {name}.")
    return {
        name: IssuerSettings(name=name, **{"title": name.replace("_", " ").title(), **values})
        for name, values in sorted(found.items())
    }


def _either(names: Iterable[str]) -> str:
    words = list(names)
    return " and ".join(words) if len(words) < 3 else ", ".join(words)
