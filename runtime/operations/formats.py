"""Money, numbers, days and times as a page writes them: by the company's currency and country, in the viewer's zone.

Called by every page for people. Locale data comes from `babel`. A minus is U+2212 and never parentheses, a dash is none
while 0.00 is zero, a year is left out where it is this one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton
from babel.numbers import format_currency, get_currency_precision, get_decimal_symbol, get_group_symbol
from babel.units import format_unit

MINUS = "−"  # noqa: RUF001  (the sign that the pages write)
NONE = "–"  # noqa: RUF001
USUAL_CURRENCY, USUAL_COUNTRY = "USD", "US"
LONGEST_ZONE = 64
"""Characters of the name of a time zone; the longest of the IANA database has 32."""
_UNITS = ((10**9, "bn"), (10**6, "m"), (10**3, "k"))
_WESTERN_GROUPS = "#,##0.###"
"""The pattern of numbers whose digits are grouped by three throughout; others are written by babel itself."""


@dataclass(frozen=True, slots=True)
class Formats:
    """Writes values for one company and one viewer. `now` is in seconds since the epoch."""

    currency: str = USUAL_CURRENCY
    country: str = USUAL_COUNTRY
    zone: tzinfo = UTC
    now: float = 0.0
    _locale: Locale = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_locale", find_locale(self.country))

    @property
    def locale(self) -> Locale:
        """The locale of the company's numbers and dates; its language is that of the pages."""
        return self._locale

    @property
    def zone_name(self) -> str:
        """The zone as it is written beside times: its abbreviation now, such as PST."""
        return datetime.fromtimestamp(self.now, self.zone).tzname() or str(self.zone)

    @property
    def today(self) -> date:
        """The day it is for the viewer."""
        return datetime.fromtimestamp(self.now, self.zone).date()

    def write_amount(self, value: object, currency: str = "") -> str:
        """Return an amount without its currency, as tables have it: `1,234.50`; a dash for none."""
        number = parse_decimal(value)
        if number is None:
            return NONE if value in (None, "") else str(value)
        return self._write(number, _find_precision(currency or self.currency))

    def write_money(self, value: object, currency: str = "") -> str:
        """Return an amount with its currency, as sentences have it: `$1,234.50`; a dash for none."""
        number = parse_decimal(value)
        if number is None:
            return NONE if value in (None, "") else str(value)
        text = format_currency(abs(number), currency or self.currency, locale=self._locale)
        return f"{MINUS}{text}" if number < 0 else str(text)

    def write_short_money(self, value: object) -> str:
        """Return an amount for the axis of a chart: `$50k`, `$1.2m`."""
        number = parse_decimal(value) or Decimal(0)
        size, unit = next(((size, unit) for size, unit in _UNITS if abs(number) >= size), (1, ""))
        shown = f"{abs(number) / size:.1f}".removesuffix(".0")
        symbol = self.write_money(0).strip("0.,\u00a0 ")
        return f"{MINUS if number < 0 else ''}{symbol}{shown}{unit}"

    def write_number(self, value: object, places: int | None = None) -> str:
        """Return a number with its digits grouped: `1,234`; a dash for none."""
        number = parse_decimal(value)
        if number is None:
            return NONE if value in (None, "") else str(value)
        exponent = number.as_tuple().exponent
        return self._write(number, places if places is not None else max(0, -int(exponent)))

    def make_number_writer(self, places: int) -> Callable[[Decimal | int], str]:
        """Return what writes many numbers with so many decimals, as `write_number` does."""
        if _find_symbols(self._locale) != (",", "."):
            return lambda number: self._write(Decimal(number), places)
        form = f",.{places}f"

        def write(number: Decimal | int) -> str:
            text = format(number, form)
            if text[0] != "-":
                return text
            return f"{MINUS}{text[1:]}" if any(digit in "123456789" for digit in text) else text[1:]

        return write

    def write_percent(self, value: object, *, has_sign: bool = False) -> str:
        """Return a share of 1 as `12.4%`, with a plus before a rise where a sign is wanted."""
        number = parse_decimal(value)
        if number is None:
            return NONE
        sign = MINUS if number < 0 else "+" if has_sign and number > 0 else ""
        return f"{sign}{self._write(abs(number) * 100, 1)}%"

    def write_day(self, value: object) -> str:
        """Return a day: `Nov 26`, with the year where it is not this one; a dash for none."""
        found = self._find_day(value)
        if found is None:
            return NONE if value in (None, "") else str(value)
        return _write_day("MMMd" if found.year == self.today.year else "yMMMd", found, self._locale)

    def write_full_day(self, value: object) -> str:
        """Return a day with its year: `Nov 26, 2026`."""
        found = self._find_day(value)
        return _write_day("yMMMd", found, self._locale) if found else NONE

    def write_month(self, value: object) -> str:
        """Return a month: `Nov 2026`."""
        found = self._find_day(value)
        return _write_day("yMMM", found, self._locale) if found else NONE

    def write_moment(self, seconds: float | None) -> str:
        """Return a day and a time in the viewer's zone: `Nov 26, 10:42`; the page names the zone once."""
        if seconds is None:
            return NONE
        return f"{self.write_day(seconds)}, {self.write_clock(seconds)}"

    def write_clock(self, seconds: float) -> str:
        """Return a time of day in the viewer's zone: `10:42`."""
        return f"{datetime.fromtimestamp(seconds, self.zone):%H:%M}"

    def write_iso(self, seconds: float) -> str:
        """Return a time for the `datetime` attribute of `time`."""
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

    def write_ago(self, seconds: float | None) -> str:
        """Return how long ago something was, up to one day (`3 min ago`), and the day beyond that; `never` for None."""
        if seconds is None:
            return "never"
        passed = max(0.0, self.now - seconds)
        if passed < 60:
            return "just now"
        if passed < 3600:
            return f"{int(passed // 60)} min ago"
        return f"{int(passed // 3600)} h ago" if passed < 86_400 else self.write_day(seconds)

    def write_length(self, seconds: float) -> str:
        """Return a length of time in its largest unit: `2 hours`."""
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
            if seconds >= size:
                return str(format_unit(round(seconds / size), unit, "long", locale=self._locale))
        return str(format_unit(round(seconds), "second", "long", locale=self._locale))

    def _write(self, number: Decimal, places: int) -> str:
        group, point = _find_symbols(self._locale)
        if not group:
            from babel.numbers import format_decimal

            pattern = self._locale.decimal_formats[None].pattern.split(".")[0] + (
                "." + "0" * places if places else ""
            )
            text = str(format_decimal(abs(number), format=pattern, locale=self._locale))
        else:
            text = f"{abs(number):,.{places}f}".translate({44: group, 46: point})
        is_negative = number < 0 and any(digit in "123456789" for digit in text)
        return f"{MINUS}{text}" if is_negative else text

    def _find_day(self, value: object) -> date | None:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).date()
        if isinstance(value, date):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, self.zone).date()
        try:
            text = str(value or "")
            return date.fromisoformat(text[:10]) if len(text) >= 10 else None
        except ValueError:
            return None


@lru_cache(maxsize=4000)
def _write_day(skeleton: str, day: date, locale: Locale) -> str:
    """Return a day in the form that a locale has for a skeleton; a page writes few days, and each of them often."""
    return str(format_skeleton(skeleton, day, locale=locale))


@lru_cache(maxsize=300)
def find_locale(country: str) -> Locale:
    """Return the locale of a country whose language is English, as the pages are; that of the United States for one

    that is not known.
    """
    try:
        return Locale.parse(f"en_{country.upper()}")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en_US")


@lru_cache(maxsize=300)
def find_zone(name: str) -> tzinfo:
    """Return the time zone with a name of the IANA database; UTC for any other text, which a cookie may have."""
    try:
        return ZoneInfo(name) if 0 < len(name) <= LONGEST_ZONE else UTC
    except (KeyError, OSError, ValueError):
        return UTC


@lru_cache(maxsize=300)
def _find_precision(currency: str) -> int:
    """Return how many decimals the amounts of a currency have."""
    return int(get_currency_precision(currency))


@lru_cache(maxsize=300)
def _find_symbols(locale: Locale) -> tuple[str, str]:
    """Return the signs of groups and decimals; an empty first one where groups are not of three digits throughout."""
    if locale.decimal_formats[None].pattern != _WESTERN_GROUPS:
        return "", ""
    return str(get_group_symbol(locale)), str(get_decimal_symbol(locale))


def parse_decimal(value: object) -> Decimal | None:
    """Return what is a finite number, or the text of one, as a decimal; None for anything else."""
    if value is None or isinstance(value, bool) or value == "":
        return None
    try:
        found = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def add_months(day: date, months: int) -> date:
    """Return the first day of the month that is some months after that of a day."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def end_month(day: date) -> date:
    """Return the last day of the month of a day."""
    return add_months(day, 1) - timedelta(days=1)
