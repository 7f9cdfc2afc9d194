"""One line per event with fields: JSON in production, text for people. Nothing that looks like a secret gets out.

Secrets are not put into events in the first place; the filter is the second wall, for what libraries log and for
what a string from a client may carry.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TextIO

import orjson

Log = Callable[..., None]
"""`log(event, **fields)`: one line."""

SECRETS = re.compile(
    r"(?P<path>/mcp/)[^/\s?\"'#]+"
    r"|(?P<scheme>\b(?:Bearer|Basic)\s+)[^\s\"',]+"
    r"|(?P<key>\b(?:access_token|refresh_token|client_secret|code|state|token|password)[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
    r"|\blp[a-z]*_[A-Za-z0-9_-]{16,}"
    r"|\b(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{40,}",
    re.IGNORECASE,
)
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What would begin another line, or cannot be written."""
LARGEST_CACHED = 200


def without_secrets(text: str) -> str:
    """The text with whatever looks like a token, a credential or a secret address blanked."""
    return SECRETS.sub(
        lambda found: f"{found['path'] or found['scheme'] or found['key'] or ''}[secret]", text
    )


def _in_a_line(text: str) -> str:
    """A text as it may stand in a line: no secrets, no line ends."""
    if not text.isprintable():
        text = _NOT_SHOWN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return without_secrets(text)


_known = lru_cache(maxsize=4096)(_in_a_line)
"""The same for the short words that lines have in common: ids, names of tools, codes."""


def _clean(value: Any) -> Any:
    if value is None or isinstance(value, (int, float)):
        return value
    text = value if isinstance(value, str) else str(value)
    return _known(text) if len(text) <= LARGEST_CACHED else _in_a_line(text)


def make_log(style: str, stream: TextIO | None = None) -> Log:
    """A log that writes `json` or `text` lines to a stream, standard output when none is given."""
    out = stream or sys.stdout

    def log(event: str, **fields: Any) -> None:
        clean = {name: _clean(value) for name, value in fields.items()}
        if style == "json":
            line = orjson.dumps({"time": time.time(), "event": event, **clean}).decode()
        else:
            words = " ".join(f"{name}={value}" for name, value in clean.items() if value not in (None, ""))
            line = f"{time.strftime('%H:%M:%S', time.gmtime())} {event} {words}"
        with contextlib.suppress(OSError):  # a full disk or a closed pipe must not fail what is logged
            out.write(line + "\n")
            out.flush()

    return log


class SecretFilter(logging.Filter):
    """Blanks secrets in what libraries log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message; it always passes."""
        record.msg, record.args = without_secrets(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = without_secrets(logging.Formatter().formatException(record.exc_info))
        return True


def tame_libraries() -> None:
    """Send what libraries log through the filter, from warnings up."""
    handler = logging.StreamHandler()
    handler.addFilter(SecretFilter())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
