"""What a deployment says about itself, read once at start from the environment.

Every other part takes a `Settings`, and none reads the environment. A value that cannot be right stops the start with
the name of its variable and what would be right; no secret is in any `repr` or message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from generator.suggestions import did_you_mean
from generator.vendor import Integration
from runtime.database_url import read_postgres_url
from runtime.errors import SettingsError
from runtime.keys.master_key import read_secret_key
from runtime.networks import read_trusted_proxies
from runtime.redis_address import RedisAddress, parse_redis_url

PREFIX = "LEDGERPORT_"
SIMULATOR = "simulator"
"""The environment of an account that was connected while its integration had an `_ORIGIN` of its own."""

_FOR_TESTS = "LEDGERPORT_TEST_"
_VARIABLES = tuple(
    PREFIX + name
    for name in (
        "DOCS",
        "DATA", "SECRET_KEY", "HOST", "PORT", "PUBLIC_URL", "ALLOWED_ORIGINS", "DATABASE_URL", "REDIS_URL",
        "MAX_ANSWER_BYTES", "UPSTREAM_TIMEOUT", "UPSTREAM_PER_ACCOUNT", "LOG_FORMAT", "DEFINITIONS",
        "REFERENCE", "MAX_CONNECTIONS", "FAST_PATH", "URL", "API_TOKEN", "TRUSTED_PROXIES",
    )
)  # fmt: skip
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (compared with, never bound to)
_OF_INTEGRATION = re.compile(r"LEDGERPORT_([A-Z0-9_]+?)_(CLIENT_ID|CLIENT_SECRET|ENVIRONMENT|ORIGIN)")
_LONGEST_UPSTREAM_WAIT = 59.0
"""The hosts of agents stop waiting after 60 seconds, and the error has to come before."""


@dataclass(frozen=True, slots=True)
class IntegrationSettings:
    """What this deployment says about one vendor: its app there, and where the vendor is."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    environment: str = "production"
    is_environment_set: bool = False
    origin: str = ""
    """Scheme, host and port of a simulator of the vendor; empty for the vendor itself."""


NOTHING_SET = IntegrationSettings()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. `load` makes it; the fields are checked already."""

    data: Path
    secret_key: bytes = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    allowed_origins: tuple[str, ...] = ()
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
    """How many connections are served at once; 0 for what suits the system."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of proxies that say where a connection comes from."""
    fast_path: bool = True
    """Whether small requests to the MCP endpoint are answered without ASGI."""
    docs: bool = True
    """Whether the reference pages are served."""
    log_format: Literal["text", "json"] = "text"
    definitions: tuple[Path, ...] = ()
    """Folders of definitions that are laid over ours, in this order."""
    integrations: Mapping[str, IntegrationSettings] = field(default_factory=dict)

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables, make the data directory and, the first time, the secret key.

        Raises SettingsError, which names the variable and says what is right.
        """
        _check_names(environ)
        data = _directory(environ.get("LEDGERPORT_DATA") or ".ledgerport")
        database_url = environ.get("LEDGERPORT_DATABASE_URL", "")
        postgres_url = read_postgres_url(database_url)
        database = _database("" if postgres_url else database_url, data)
        host = environ.get("LEDGERPORT_HOST") or "127.0.0.1"
        port = _whole_number(environ, "LEDGERPORT_PORT", 8000, 0, 65535)
        return cls(
            data=data,
            secret_key=read_secret_key(
                environ.get("LEDGERPORT_SECRET_KEY", ""), data, None if postgres_url else database
            ),
            host=host,
            port=port,
            public_url=_public_url(environ.get("LEDGERPORT_PUBLIC_URL", ""), host, port),
            allowed_origins=_origins(environ.get("LEDGERPORT_ALLOWED_ORIGINS", "")),
            database=database,
            postgres_url=postgres_url,
            redis=parse_redis_url(environ.get("LEDGERPORT_REDIS_URL", "")),
            max_answer_bytes=_whole_number(environ, "LEDGERPORT_MAX_ANSWER_BYTES", 32_000, 8_000, 10_000_000),
            upstream_timeout=_seconds(environ, "LEDGERPORT_UPSTREAM_TIMEOUT", 55.0),
            upstream_per_account=_whole_number(environ, "LEDGERPORT_UPSTREAM_PER_ACCOUNT", 256, 1, 10_000),
            max_connections=_max_connections(environ),
            trusted_proxies=read_trusted_proxies(environ.get("LEDGERPORT_TRUSTED_PROXIES", "")),
            fast_path=_switch(environ, "LEDGERPORT_FAST_PATH"),
            docs=_switch(environ, "LEDGERPORT_DOCS"),
            log_format=_log_format(environ.get("LEDGERPORT_LOG_FORMAT") or "text"),
            definitions=read_definition_folders(environ),
            integrations=_integrations(environ),
        )

    def find_for(self, integration: Integration) -> IntegrationSettings:
        """Return what is set for an integration. Raises SettingsError for an environment that it does not have."""
        found = self.integrations.get(integration.name, NOTHING_SET)
        if found.environment in integration.environments:
            return found
        if not found.is_environment_set:  # a vendor without production
            return replace(found, environment=next(iter(integration.environments)))
        raise SettingsError(
            f"{_variable(integration.name, 'ENVIRONMENT')} is {found.environment!r}; "
            f"{integration.title} has {_either(integration.environments)}."
        )

    def check_integrations(self, integrations: Mapping[str, Integration]) -> None:
        """Check what is set for vendors against those there are. Raises SettingsError."""
        for name in self.integrations:
            if name not in integrations:
                raise SettingsError(
                    f"Variables that begin with {_variable(name, '')} are set, and there is no such integration.",
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


def get_app(settings: Settings, integration: Integration) -> IntegrationSettings:
    """Return the vendor app to connect with. Raises SettingsError when the client id or secret is missing."""
    found = settings.find_for(integration)
    names = [("CLIENT_ID", found.client_id), ("CLIENT_SECRET", found.client_secret)]
    missing = [_variable(integration.name, name) for name, value in names if not value]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} must be set to connect {integration.title}.",
            advice=f"They are the keys of your app at the developer pages of {integration.title}.",
        )
    return found


def read_definition_folders(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the operator's own folders of definitions. Raises SettingsError when one is not there."""
    words = [word for word in environ.get("LEDGERPORT_DEFINITIONS", "").split(os.pathsep) if word]
    folders = tuple(Path(word).expanduser().absolute() for word in words)
    for word, folder in zip(words, folders, strict=True):
        if not folder.is_dir():
            raise SettingsError(
                f"LEDGERPORT_DEFINITIONS names {word!r}, which is no folder.",
                advice=f"Give folders of definitions, with {os.pathsep} between them; each is laid over ours.",
            )
    return folders


def _check_names(environ: Mapping[str, str]) -> None:
    """Refuse a misspelled variable: it would be a setting that is silently not made."""
    for name in environ:
        is_ours = name.startswith(PREFIX) and not name.startswith(_FOR_TESTS)
        if is_ours and name not in _VARIABLES and not _OF_INTEGRATION.fullmatch(name):
            hint = did_you_mean(name, _VARIABLES) or f"Known settings: {', '.join(_VARIABLES)}."
            raise SettingsError(f"{name} is not a setting.", advice=hint)


def _variable(integration: str, name: str) -> str:
    return f"{PREFIX}{re.sub(r'[^A-Za-z0-9]', '_', integration).upper()}_{name}"


def _either(names: Iterable[str]) -> str:
    words = list(names)
    return " and ".join(words) if len(words) < 3 else ", ".join(words)


def _directory(value: str) -> Path:
    path = Path(value).expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingsError(
            f"LEDGERPORT_DATA is {value!r}: {problem.strerror or 'not a directory'}."
        ) from problem
    return path


def _whole_number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = environ.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        raise SettingsError(f"{name} is {value!r}; it must be a whole number from {least} to {most}.")
    return int(value)


def _max_connections(environ: Mapping[str, str]) -> int:
    """Return what is set, or 0. Fewer than 16 would not serve one page and its agents."""
    name = "LEDGERPORT_MAX_CONNECTIONS"
    return _whole_number(environ, name, 0, 16, 100_000) if environ.get(name) else 0


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    value = environ.get(name) or str(default)
    if (
        not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", value)
        or not 1 <= float(value) <= _LONGEST_UPSTREAM_WAIT
    ):
        raise SettingsError(
            f"{name} is {value!r}; it must be a number of seconds from 1 to {_LONGEST_UPSTREAM_WAIT:g}, "
            "because the hosts of agents stop waiting after 60."
        )
    return float(value)


def _log_format(value: str) -> Literal["text", "json"]:
    if value == "json":
        return "json"
    if value == "text":
        return "text"
    raise SettingsError(f"LEDGERPORT_LOG_FORMAT is {value!r}; it must be text or json.")


def _switch(environ: Mapping[str, str], name: str) -> bool:
    """`on` or `off`; on when it is not said."""
    value = environ.get(name) or "on"
    if value not in ("on", "off"):
        raise SettingsError(f"{name} is {value!r}; it must be on or off.")
    return value == "on"


def _origin(name: str, value: str) -> str:
    """Scheme, host and port, as browsers write an origin. http is for this machine only."""
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    is_bare = host and not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if not is_bare or parts.scheme not in ("http", "https") or not value.isascii() or not value.isprintable():
        shown = (
            "a value with a password in it"
            if "@" in value
            else repr(value.partition("?")[0].partition("#")[0])
        )
        raise SettingsError(f"{name} has {shown}; it must be like https://books.example.com, without a path.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SettingsError(
            f"{name} has {value!r}; http is for this machine only, anything else needs https."
        )
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _public_url(value: str, host: str, port: int) -> str:
    if value:
        return _origin("LEDGERPORT_PUBLIC_URL", value)
    if host in _ANY_ADDRESS:
        host = "localhost"
    if host not in LOOPBACK:
        raise SettingsError(
            f"LEDGERPORT_HOST is {host!r}, so LEDGERPORT_PUBLIC_URL must say where clients reach it, "
            "such as https://books.example.com."
        )
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _origins(value: str) -> tuple[str, ...]:
    words = [word.strip() for word in value.split(",")]
    return tuple(_origin("LEDGERPORT_ALLOWED_ORIGINS", word) for word in words if word)


def _database(value: str, data: Path) -> Path:
    if not value:
        return data / "ledgerport.sqlite3"
    scheme, _, rest = value.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or not rest.strip("/"):
        raise SettingsError(
            "LEDGERPORT_DATABASE_URL must be like sqlite:////var/lib/ledgerport/records.sqlite3 or "
            "postgresql://user:password@host:5432/database."
        )
    return Path(rest[1:]).absolute()


def _integrations(environ: Mapping[str, str]) -> dict[str, IntegrationSettings]:
    found: dict[str, dict[str, str]] = {}
    for variable, value in environ.items():
        match = _OF_INTEGRATION.fullmatch(variable)
        if match and value:
            name, key = match[1].lower(), match[2].lower()
            found.setdefault(name, {})[key] = (
                _origin(variable, value) if key == "origin" else _word(variable, value)
            )
    return {
        name: IntegrationSettings(**values, is_environment_set="environment" in values)
        for name, values in found.items()
    }


def _word(variable: str, value: str) -> str:
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise SettingsError(f"{variable} has blanks around it or characters that no key has; copy it again.")
    return value
