"""Where the Redis (or Valkey) of a fleet is, read from `LEDGERPORT_REDIS_URL`.

    redis://user:password@host:6379/0                  one server; rediss:// for TLS
    redis+sentinel://host:26379,host:26379/service/0   the primary that the sentinels name; rediss+sentinel://
    redis+cluster://host:6379,host:6379                a cluster; rediss+cluster://

Called by `settings`; `stores.redis_link` connects to it. The password is in no message and no `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from runtime.errors import SettingsError

NAME = "LEDGERPORT_REDIS_URL"
_KINDS: Mapping[str, tuple[Literal["single", "sentinel", "cluster"], bool, int]] = {
    "redis": ("single", False, 6379),
    "rediss": ("single", True, 6379),
    "redis+sentinel": ("sentinel", False, 26379),
    "rediss+sentinel": ("sentinel", True, 26379),
    "redis+cluster": ("cluster", False, 6379),
    "rediss+cluster": ("cluster", True, 6379),
}
"""For each scheme: what is there, whether it is reached by TLS, and the port that Redis gives it by default."""
_OPTIONS = ("ca_certs", "sentinel_password")
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")
_SERVICE = re.compile(r"[A-Za-z0-9._-]{1,200}")
_DATABASE = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """One server, the sentinels of one, or the nodes of a cluster."""

    kind: Literal["single", "sentinel", "cluster"]
    hosts: tuple[tuple[str, int], ...]
    has_tls: bool = False
    database: int = 0
    service: str = ""
    """What the sentinels call the server; empty without them."""
    username: str = ""
    password: str = field(default="", repr=False)
    sentinel_password: str = field(default="", repr=False)
    ca_certs: str = ""
    """The file of the authorities that may sign the server's certificate; empty for those of the system."""

    def describe(self) -> str:
        """Return where it is, without who signs in."""
        return ",".join(f"{host}:{port}" for host, port in self.hosts)


def parse_redis_url(value: str) -> RedisAddress | None:
    """Return what the URL names; None when it is empty. Raises SettingsError, which never shows the URL."""
    if not value:
        return None
    scheme, separator, _ = value.partition("://")
    if (
        not separator
        or scheme not in _KINDS
        or not value.isascii()
        or not value.isprintable()
        or " " in value
    ):
        raise SettingsError(
            f"{NAME} must be like redis://127.0.0.1:6379/0.",
            advice=f"It begins with one of {', '.join(f'{each}://' for each in _KINDS)}.",
        )
    kind, has_tls, port = _KINDS[scheme]
    parts = urlsplit(value)
    signed_in, _, hosts = parts.netloc.rpartition("@")
    username, _, password = signed_in.partition(":")
    found = _read_hosts(kind, hosts, port)
    service, database = _read_path(kind, [unquote(each) for each in parts.path.split("/") if each])
    options = _read_options(kind, parts.query + parts.fragment, has_tls=has_tls)
    return RedisAddress(
        kind,
        found,
        has_tls,
        database,
        service,
        unquote(username),
        unquote(password),
        **options,
    )


def _read_hosts(kind: str, text: str, port: int) -> tuple[tuple[str, int], ...]:
    found = [_HOST.fullmatch(each) for each in text.split(",")]
    hosts = tuple((match["host"].strip("[]"), int(match["port"] or port)) for match in found if match)
    if len(hosts) != len(found) or not all(0 < number < 65536 for _, number in hosts):
        raise SettingsError(
            f"{NAME} has a host or port that cannot be read.",
            advice="Give host:port, and several with commas between them; write % signs and the characters "
            ": / @ ? # of a password as %25, %3A and so on.",
        )
    if kind == "single" and len(hosts) > 1:
        raise SettingsError(
            f"{NAME} names several hosts.",
            advice="Several belong to redis+sentinel://host,host/service or redis+cluster://host,host.",
        )
    return hosts


def _read_path(kind: str, words: list[str]) -> tuple[str, int]:
    """Return the name of the service, which only sentinels have, and the number of the database."""
    service = ""
    if kind == "sentinel":
        if not words or not _SERVICE.fullmatch(words[0]):
            raise SettingsError(
                f"{NAME} lacks the name of the service.",
                advice="Give the name under which the sentinels monitor it: redis+sentinel://host:26379/mymaster.",
            )
        service = words.pop(0)
    if kind == "cluster" and words:
        raise SettingsError(f"{NAME} ends with a path; a cluster has no numbered databases. Leave it out.")
    if len(words) > 1 or (words and not _DATABASE.fullmatch(words[0])):
        raise SettingsError(
            f"{NAME} must end with the number of the database, such as /0, or without a path."
        )
    return service, int(words[0]) if words else 0


def _read_options(kind: str, text: str, *, has_tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(text, keep_blank_values=True))
    if options.keys() - set(_OPTIONS):  # not shown: it may be of a password in which ? was not written as %3F
        raise SettingsError(
            f"{NAME} has an option that is unknown.", advice=f"The options are {' and '.join(_OPTIONS)}."
        )
    if "sentinel_password" in options and kind != "sentinel":
        raise SettingsError(f"{NAME} has the option sentinel_password, which only redis+sentinel:// takes.")
    if "ca_certs" in options and not has_tls:
        raise SettingsError(f"{NAME} has the option ca_certs, which needs TLS: begin with rediss.")
    if "ca_certs" in options and not Path(options["ca_certs"]).is_file():
        raise SettingsError(f"{NAME} has the option ca_certs, which names no file.")
    return options
