"""Every setting there is, as data: its name, how it is read, its default, and what it is for.

`settings` makes the values from it, `ledgerport settings` prints it, and the README's table is tested against it. A new
setting is one row here and one field of `Settings`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.suggestions import did_you_mean
from runtime import setting_values as values
from runtime.errors import SettingsError
from runtime.setting_values import Reader

PREFIX = "LEDGERPORT_"
FROM_FILE = "_FILE"
"""Behind the name of a secret: the file that has it, as container engines hand secrets over."""
LARGEST_FILE = 65_536
"""Bytes. A key or an address has less than a thousand; a disk named by accident must not be read."""
_FOR_TESTS = "LEDGERPORT_TEST_"
_LONGEST_UPSTREAM_WAIT = 59.0
"""The hosts of agents stop waiting after 60 seconds, and the error has to come before."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` is the text that it has when nothing is set."""

    name: str
    read: Reader
    default: str
    description: str
    field: str = ""
    """The field of `Settings` that has the value; empty where `settings` works it out, or another part reads it."""
    otherwise: str = ""
    """What holds without it, where that is no text that could be set."""
    is_secret: bool = False
    may_be_file: bool = False
    """Whether the name with _FILE behind it may name a file that has the value."""


TABLE = tuple(
    Setting(PREFIX + name, *rest, **more)  # type: ignore[arg-type]
    for name, *rest, more in (
        ("DATA", values.read_text, ".ledgerport",
         "The directory of the database, the secret key and the cache.", {}),
        ("SECRET_KEY", values.read_secret_key, "",
         "Hashes tokens and encrypts credentials: 32 random bytes or more in base64.",
         {"is_secret": True, "may_be_file": True, "otherwise": "made once in the data directory"}),
        ("PREVIOUS_SECRET_KEYS", values.read_secret_keys, "",
         "Keys that SECRET_KEY has taken the place of, between commas, until ledgerport rotate-keys has finished.",
         {"field": "previous_secret_keys", "is_secret": True, "may_be_file": True, "otherwise": "none"}),
        ("DATABASE_URL", values.read_database_url, "",
         "Where the records are: sqlite:////path/to/file, or postgresql://user:password@host:5432/database.",
         {"is_secret": True, "may_be_file": True, "otherwise": "a file in the data directory"}),
        ("REDIS_URL", values.read_redis_url, "",
         "Where the processes of a fleet count and agree: redis://, rediss://, redis+sentinel:// or redis+cluster://.",
         {"field": "redis", "is_secret": True, "may_be_file": True, "otherwise": "none"}),
        ("HOST", values.read_text, "127.0.0.1", "The address to listen on.", {"field": "host"}),
        ("PORT", values.read_whole(0, 65_535), "8000", "The port to listen on.", {"field": "port"}),
        ("PUBLIC_URL", values.read_origin, "", "What URLs begin with.", {"otherwise": "of host and port"}),
        ("ALLOWED_ORIGINS", values.read_origins, "", "Web pages that may call the MCP URLs from a browser.",
         {"field": "allowed_origins", "otherwise": "none"}),
        ("RETURN_URLS", values.read_origins, "",
         "Where browsers may be sent when a company is connected: origins, with commas between.",
         {"field": "return_urls", "otherwise": "nowhere"}),
        ("MAX_ANSWER_BYTES", values.read_whole(8_000, 10_000_000), "32000",
         "The most bytes of one answer, unless the config of an MCP server says otherwise.",
         {"field": "max_answer_bytes"}),
        ("UPSTREAM_TIMEOUT",
         values.read_seconds(1, _LONGEST_UPSTREAM_WAIT, "because the hosts of agents stop waiting after 60"), "55",
         "Seconds to wait for a vendor.", {"field": "upstream_timeout"}),
        ("UPSTREAM_PER_ACCOUNT", values.read_whole(1, 10_000), "256", "Calls of one company under way at once.",
         {"field": "upstream_per_account"}),
        ("MAX_CONNECTIONS", values.read_whole(16, 100_000, otherwise=0), "",  # 16 serve one page and its agents
         "Connections at once in each process; lowered to what the system grants in open files.",
         {"field": "max_connections", "otherwise": "4096"}),
        ("WORKERS", values.read_whole(1, 64), "1", "Processes that serve; more than one needs PostgreSQL and Redis.",
         {"field": "workers"}),
        ("WRONG_TOKENS_PER_MINUTE", values.read_whole(1, 1_000_000), "20",  # as an agent sends that tries every 3 s
         "Wrong tokens in a minute from one address, after which more of them are answered 429.",
         {"field": "wrong_tokens_per_minute"}),
        ("TRUSTED_PROXIES", values.read_networks, "",
         "Networks of proxies whose X-Forwarded-For or Forwarded says where a request comes from, commas between.",
         {"field": "trusted_proxies", "otherwise": "none"}),
        ("FAST_PATH", values.read_switch, "on", "Whether small requests to the MCP URLs are answered without ASGI.",
         {"field": "fast_path"}),
        ("DOCS", values.read_switch, "on", "Whether the reference pages of all tools are served at /docs.",
         {"field": "docs"}),
        ("WEBHOOK_PRIVATE", values.read_switch, "off",
         "Whether webhooks may lead to private addresses, and over http to this machine.",
         {"field": "webhook_private"}),
        ("SMTP_URL", values.read_smtp_url, "",
         "Where scheduled reports are sent by email: smtp://user:password@host:587, or smtps:// for TLS.",
         {"field": "smtp", "is_secret": True, "may_be_file": True, "otherwise": "no email"}),
        ("SMTP_FROM", values.read_sender, "", "Whom that email is from: an address, or Name <address>.",
         {"field": "smtp_from", "otherwise": "at the host of the public URL"}),
        ("LOG_FORMAT", values.read_choice("text", "json"), "text", "The form of the log: one line for each event.",
         {"field": "log_format"}),
        ("LOG_DAYS", values.read_whole(0, 3_660), "30", "Days for which the log of calls is stored; 0 for no such log.",
         {"field": "log_days"}),
        ("DEFINITIONS", values.read_folders, "", "Folders of definitions that are laid over ours, in this order.",
         {"field": "definitions", "otherwise": "none"}),
        ("REFERENCE", values.read_text, "", "The facts about a vendor that ledgerport coverage compares with.",
         {"otherwise": "none"}),
        ("URL", values.read_text, "", "The URL of an MCP server, for ledgerport stdio.",
         {"is_secret": True, "otherwise": "none"}),
        ("API_TOKEN", values.read_text, "", "The API token that ledgerport stdio sends.",
         {"is_secret": True, "otherwise": "none"}),
    )
)  # fmt: skip
BY_NAME: Mapping[str, Setting] = {each.name: each for each in TABLE}
OF_INTEGRATION = (
    Setting("CLIENT_ID", values.read_key, "", "The client id of your app at the vendor.", "client_id"),
    Setting(
        "CLIENT_SECRET", values.read_key, "", "The client secret of your app.", "client_secret",
        is_secret=True, may_be_file=True,
    ),
    Setting(
        "ENVIRONMENT", values.read_key, "", "Which of the vendor's environments.", "environment",
        otherwise="production, or the vendor's first",
    ),
    Setting("ORIGIN", values.read_origin, "", "A simulator of the vendor.", "origin", otherwise="the vendor itself"),
)  # fmt: skip
"""What can be set for each integration, under LEDGERPORT_<INTEGRATION>_…; `field` is one of `IntegrationSettings`."""
OF_ISSUER = (
    Setting(
        "ISSUER", values.read_issuer, "", "An issuer of identities by which people sign in, or the address of the "
        "document that describes it.", "issuer",
    ),
    Setting("CLIENT_ID", values.read_key, "", "The client id of your app at the issuer.", "client_id"),
    Setting(
        "CLIENT_SECRET", values.read_key, "", "The client secret of that app.", "client_secret",
        is_secret=True, may_be_file=True,
    ),
    Setting("TITLE", values.read_text, "", "What the button says: Sign in with …", "title", otherwise="the name"),
)  # fmt: skip
"""What can be set for each issuer of identities, under LEDGERPORT_OIDC_<NAME>_…; `field` is one of `IssuerSettings`."""
_OIDC = f"{PREFIX}OIDC_"
_NAME_OF_ISSUER = re.compile(rf"{_OIDC}([A-Z0-9_]+?)_({'|'.join(each.name for each in OF_ISSUER)})")
_NAME_OF_INTEGRATION = re.compile(
    rf"LEDGERPORT_([A-Z0-9_]+?)_({'|'.join(each.name for each in OF_INTEGRATION)})"
)


@dataclass(frozen=True, slots=True)
class Given:
    """What is set: a text for each name, and where each comes from. An empty variable counts as not set."""

    texts: Mapping[str, str] = field(repr=False)
    files: Mapping[str, str]
    """The file of each setting that comes from one."""

    def find(self, setting: Setting) -> str:
        """Return the text of a setting, or its default."""
        return self.texts.get(setting.name) or setting.default


def read_given(environ: Mapping[str, str]) -> Given:
    """Return what an environment sets, files that it names read.

    Raises SettingsError for a name that is no setting, with the nearest: it would be a setting that is silently not
    made. Also for a file that cannot be read, and for a secret that is given in both forms.
    """
    texts, files = {}, {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name.startswith(_FOR_TESTS):
            continue
        plain = _find_plain_name(name)
        if plain == name:
            texts[name] = text
        elif text:
            if environ.get(plain):
                raise SettingsError(f"{plain} and {name} are both set.", advice="Leave one of them out.")
            texts[plain], files[plain] = _read_file(name, text), text
    return Given({name: text for name, text in texts.items() if text}, files)


def split_name(name: str) -> tuple[str, Setting] | None:
    """Return the integration that a variable is for, in lower case, and what it sets there."""
    match = _NAME_OF_INTEGRATION.fullmatch(name)
    if match is None or name in BY_NAME or name.startswith(_OIDC):
        return None
    return match[1].lower(), next(each for each in OF_INTEGRATION if each.name == match[2])


def split_issuer_name(name: str) -> tuple[str, Setting] | None:
    """Return the issuer of identities that a variable is for, in lower case, and what it sets there."""
    match = _NAME_OF_ISSUER.fullmatch(name)
    return (match[1].lower(), next(each for each in OF_ISSUER if each.name == match[2])) if match else None


def name_issuer_variable(issuer: str, name: str) -> str:
    """Return the variable that sets something for an issuer of identities."""
    return f"{_OIDC}{issuer.upper()}_{name}"


def name_variable(integration: str, name: str) -> str:
    """Return the variable that sets something for an integration."""
    return f"{PREFIX}{re.sub(r'[^A-Za-z0-9]', '_', integration).upper()}_{name}"


def _find_plain_name(name: str) -> str:
    """Return the setting that a variable is of, without _FILE. Raises SettingsError when there is none."""
    if name in BY_NAME or split_name(name) or split_issuer_name(name):
        return name
    plain = name.removesuffix(FROM_FILE)
    found = BY_NAME.get(plain) or (split_issuer_name(plain) or split_name(plain) or (None, None))[1]
    if plain != name and found is not None and found.may_be_file:
        return plain
    known = [*BY_NAME, *(each.name + FROM_FILE for each in TABLE if each.may_be_file)]
    hint = did_you_mean(name, known) or f"Known settings: {', '.join(BY_NAME)}."
    raise SettingsError(f"{name} is not a setting.", advice=hint)


def _read_file(name: str, path: str) -> str:
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        text = content.decode().strip() if len(content) <= LARGEST_FILE else ""
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise SettingsError(f"{name} names the file {path!r}, which cannot be read: {why}.") from None
    if not text:
        raise SettingsError(f"{name} names the file {path!r}, which is empty or too large to be a secret.")
    return text
