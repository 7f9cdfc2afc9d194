"""The fields of a form with many of them, some of which come several times: checkboxes that share a name.

Called by the pages whose forms are larger than those that `person_pages` reads. What a field held is shown again where
something is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.requests import Request

from runtime.errors import InvalidRequest
from runtime.web.bodies import read_body

LONGEST_FORM = 262_144
"""Bytes. The largest form has lists of a thousand Ids of records, each of a few characters."""
MOST_FIELDS = 300
"""A form of ours has some thirty fields, and a checkbox for each method and tag of a catalog, of which few have 50."""
_AGAIN = "Open the page again."


@dataclass(frozen=True, slots=True)
class FormFields:
    """What was sent: the values of each field in their order."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def read(self, name: str) -> str:
        """Return the first value of a field without blanks around it; empty where it is not there."""
        found = self.values.get(name, ())
        return found[0].strip() if found else ""

    def list_all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field, each once."""
        return tuple(dict.fromkeys(self.values.get(name, ())))

    def has(self, name: str, value: str = "") -> bool:
        """Whether a field has a value, or any where none is given."""
        found = self.values.get(name, ())
        return value in found if value else any(found)


async def read_fields(request: Request, most: int = MOST_FIELDS) -> FormFields:
    """Return the fields of a form. Raises TooLarge, and InvalidRequest for more fields than any page sends."""
    content = await read_body(request, LONGEST_FORM, _AGAIN)
    try:
        sent = parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise InvalidRequest("This form has more fields than any page sends.", advice=_AGAIN) from None
    values: dict[str, tuple[str, ...]] = {}
    for name, value in sent:
        values[name] = (*values.get(name, ()), value)
    return FormFields(values)
