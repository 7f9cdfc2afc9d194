"""How the text of a setting is read: one function for each form, which names the variable where the text is not in it.

Called by `setting_table`, whose rows name these, and by `settings` for what depends on several variables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runtime.database_url import read_postgres_url
from runtime.errors import InvalidRequest, SettingsError
from runtime.keys.master_key import decode_secret_key, decode_secret_keys
from runtime.networks import check_networks
from runtime.redis_address import parse_redis_url
from runtime.smtp_address import parse_sender, parse_smtp_url

Reader = Callable[[str, str], Any]
"""Takes the name of a variable and its text; answers the value, or raises SettingsError."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def read_text(_name: str, text: str) -> str:
    """Return any text as it is."""
    return text


def read_key(name: str, text: str) -> str:
    """Return what is copied from a page of the vendor. Raises SettingsError for blanks around it and odd characters."""
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise SettingsError(f"{name} has blanks around it or characters that no key has; copy it again.")
    return text


def read_secret_key(name: str, text: str) -> bytes:
    """Return the bytes of the secret key; none for an empty text. Raises SettingsError, which never shows it."""
    return decode_secret_key(text, name) if text else b""


def read_secret_keys(name: str, text: str) -> tuple[bytes, ...]:
    """Return the bytes of several keys, between commas or in lines. Raises SettingsError, which never shows one."""
    return decode_secret_keys(text, name)


def read_whole(least: int, most: int, otherwise: int | None = None) -> Reader:
    """Return a reader of whole numbers within bounds; `otherwise` is the value of an empty text."""

    def read(name: str, text: str) -> int:
        if not text and otherwise is not None:
            return otherwise
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise SettingsError(f"{name} is {text!r}; it must be a whole number from {least} to {most}.")
        return int(text)

    return read


def read_seconds(least: float, most: float, why: str) -> Reader:
    """Return a reader of a number of seconds within bounds; `why` ends the sentence about them."""

    def read(name: str, text: str) -> float:
        is_number = re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3})?", text)
        if not is_number or not least <= float(text) <= most:
            raise SettingsError(
                f"{name} is {text!r}; it must be a number of seconds from {least:g} to {most:g}, {why}."
            )
        return float(text)

    return read


def read_choice(*choices: str) -> Reader:
    """Return a reader of one of some words."""

    def read(name: str, text: str) -> str:
        if text not in choices:
            raise SettingsError(f"{name} is {text!r}; it must be {' or '.join(choices)}.")
        return text

    return read


def read_switch(name: str, text: str) -> bool:
    """Return whether it is `on`. Raises SettingsError for anything but `on` and `off`."""
    return bool(read_choice("on", "off")(name, text) == "on")


def read_origin(name: str, text: str) -> str:
    """Return scheme, host and port, as browsers write an origin; empty stays empty. http is for this machine only."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    is_bare = host and not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if not is_bare or parts.scheme not in ("http", "https") or not text.isascii() or not text.isprintable():
        shown = (
            "a value with a password in it" if "@" in text else repr(text.partition("?")[0].partition("#")[0])
        )
        raise SettingsError(f"{name} has {shown}; it must be like https://books.example.com, without a path.")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SettingsError(f"{name} has {text!r}; http is for this machine only, anything else needs https.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def read_issuer(name: str, text: str) -> str:
    """Return the address of an issuer of identities, or of the document that describes it; empty stays empty."""
    parts = urlsplit(text) if text.isascii() and text.isprintable() else urlsplit("")
    if text and (parts.query or parts.fragment or not read_origin(name, f"{parts.scheme}://{parts.netloc}")):
        raise SettingsError(f"{name} must be like https://accounts.example.com, without a query.")
    return text


def read_origins(name: str, text: str) -> tuple[str, ...]:
    """Return origins that stand between commas."""
    words = [word.strip() for word in text.split(",")]
    return tuple(read_origin(name, word) for word in words if word)


def read_folders(name: str, text: str) -> tuple[Path, ...]:
    """Return folders that are there. Raises SettingsError for one that is not."""
    words = [word for word in text.split(os.pathsep) if word]
    folders = tuple(Path(word).expanduser().absolute() for word in words)
    for word, folder in zip(words, folders, strict=True):
        if not folder.is_dir():
            raise SettingsError(
                f"{name} names {word!r}, which is no folder.",
                advice=f"Give folders of definitions, with {os.pathsep} between them; each is laid over ours.",
            )
    return folders


def read_database_url(_name: str, text: str) -> str | Path | None:
    """Return the address of a database on PostgreSQL, or the path of a SQLite file; None for an empty text."""
    if not text:
        return None
    if postgres := read_postgres_url(text):
        return postgres
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or not rest.strip("/"):
        raise SettingsError(
            "LEDGERPORT_DATABASE_URL must be like sqlite:////var/lib/ledgerport/records.sqlite3 or "
            "postgresql://user:password@host:5432/database."
        )
    return Path(rest[1:]).absolute()


def read_redis_url(_name: str, text: str) -> Any:
    """Return where Redis is; None for an empty text. Raises SettingsError, which never shows the URL."""
    return parse_redis_url(text)


def read_smtp_url(_name: str, text: str) -> Any:
    """Return where mail is handed over; None for an empty text. Raises SettingsError, which never shows the URL."""
    return parse_smtp_url(text)


def read_sender(name: str, text: str) -> Any:
    """Return whom mail is from; None for an empty text. Raises SettingsError."""
    return parse_sender(name, text)


def read_networks(name: str, text: str) -> tuple[str, ...]:
    """Return networks, with commas between in the text. Raises SettingsError for what is none."""
    try:
        return check_networks([each for each in text.split(",") if each.strip()], name)
    except InvalidRequest as wrong:
        raise SettingsError(wrong.message, advice=wrong.advice) from None
