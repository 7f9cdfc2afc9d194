"""Each part of the patterns that blank secrets has a text that only it catches, or that only it leaves alone."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator

import pytest

from runtime.logs import SecretFilter, blank_private_numbers, blank_secrets, configure_libraries, make_log

NAMES = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "authorization",
    "token",
    "password",
    "secret",
]
LETTERS = "abcdefghijklmnopqrstuv"
"""No digit in it: it looks like no token by itself."""


def said(text: str) -> str:
    return blank_private_numbers(text, 5_000)


@pytest.fixture(params=[blank_secrets, said])
def clean(request: pytest.FixtureRequest) -> Callable[[str], str]:
    found: Callable[[str], str] = request.param
    return found


@pytest.mark.parametrize("name", [*NAMES, "TOKEN", "Client_Secret"])
@pytest.mark.parametrize(
    "form", ["{0}=hunter", "{0}: hunter", "'{0}': 'hunter'", '{{"{0}":"hunter"}}', '"{0}" = hunter']
)
def test_a_short_secret_is_known_by_its_name(clean: Callable[[str], str], name: str, form: str) -> None:
    text = clean(f"x {form.format(name)} y")
    assert "hunter" not in text
    assert name in text


@pytest.mark.parametrize("name", ["code", "state", "CODE"])
def test_a_code_or_state_is_blanked_in_the_log_and_stays_in_what_a_vendor_says(name: str) -> None:
    assert "hunter" not in blank_secrets(f"{name}=hunter")
    assert said(f"{name}=hunter") == f"{name}=hunter"


@pytest.mark.parametrize(
    "text",
    [
        f"lpa_{LETTERS}", f"lpm_{LETTERS}", f"LPA_{LETTERS}", f"/mcp/{LETTERS}", f"Bearer {LETTERS}",
        f"bearer {LETTERS}", f"Basic {LETTERS}", f"Authorization: Basic {LETTERS}",
        f'"authorization":"Bearer {LETTERS}',
    ],
)  # fmt: skip
def test_a_token_without_a_digit_is_known_by_what_stands_before_it(
    clean: Callable[[str], str], text: str
) -> None:
    assert LETTERS not in clean(f"GET {text} x")


def test_a_long_run_with_a_digit_is_a_token_from_40_characters_in_the_log_and_32_in_what_a_vendor_says() -> (
    None
):
    assert blank_secrets(f"a {'x' * 39}1 b") == "a [secret] b"
    assert blank_secrets(f"a {'x' * 38}1 b") == f"a {'x' * 38}1 b"
    assert said(f"a {'x' * 31}1 b") == "a [secret] b"
    assert said(f"a {'x' * 30}1 b") == f"a {'x' * 30}1 b"


@pytest.mark.parametrize("text", ["1" * 33, "x" * 40, "123e4567-e89b-12d3-a456-426614174000"])
def test_a_long_run_of_digits_or_letters_alone_and_an_id_stay_in_what_a_vendor_says(text: str) -> None:
    assert said(text) == text


def test_every_part_of_a_web_token_goes() -> None:
    assert said("x eyJhbGciOiJIUzI.abcdef.ghijkl y") == "x [secret] y"


@pytest.mark.parametrize("what", ["account", "acct", "routing", "card"])
@pytest.mark.parametrize("number", ["number", "num", "no.", "no", "#"])
@pytest.mark.parametrize("form", ["{} {} {}", "{}_{}: {}", "{}-{} = '{}'", "{} {} is {}"])
def test_a_number_that_is_named_as_private_goes(what: str, number: str, form: str) -> None:
    if number == "#":
        form = form.replace(" is ", " ")
    text = said(form.format(what, number, "5551234"))
    assert "5551234" not in text
    assert what in text


@pytest.mark.parametrize(
    "label",
    ["IBAN", "SSN", "SIN", "EIN", "social security number", "tax id", "taxid", "tax identifier", "ssn"],
)
def test_a_label_of_a_private_number_takes_the_number_with_it(label: str) -> None:
    assert said(f"{label}: 5551234") == f"{label}: [secret]"
    assert said(f"{label} is 5551234") == f"{label} is [secret]"


def test_a_social_security_number_is_known_by_its_shape() -> None:
    assert said("of 523-98-7416.") == "of [secret]."


@pytest.mark.parametrize(
    "card",
    ["2221000000000009", "378282246310005", "4111111111111111", "5555555555554444", "6011111111111117",
     "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "3782-822463-10005"],
)  # fmt: skip
def test_the_number_of_a_card_is_known_by_its_check_digit(card: str) -> None:
    assert said(f"x {card} y") == "x [secret] y"


@pytest.mark.parametrize(
    "number", ["4111111111111112", "1111111111111117", "9111111111111119", "4111111111.11"]
)
def test_a_long_number_that_is_no_card_stays(number: str) -> None:
    assert said(f"x {number} y") == f"x {number} y"


def test_a_bank_account_is_known_by_its_check_digits() -> None:
    assert said("x DE89370400440532013000 y") == "x [secret] y"
    assert said("x DE89370400440532013001 y") == "x DE89370400440532013001 y"


def logged(value: object) -> str:
    out = io.StringIO()
    make_log("text", out)("event", field=value)
    return out.getvalue()


@pytest.mark.parametrize("ahead", ["", "x" * 300])
def test_every_field_of_a_line_is_cleaned_short_or_long_and_of_any_type(ahead: str) -> None:
    assert LETTERS not in logged(f"{ahead} token={LETTERS}")
    assert LETTERS not in logged(ValueError(f"{ahead} token={LETTERS}"))


@pytest.fixture
def library() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    root = logging.getLogger()
    handlers, level, out = root.handlers[:], root.level, io.StringIO()
    before, sys.stderr = sys.stderr, out
    try:
        for each in handlers:  # `force` closes what it removes
            root.removeHandler(each)
        configure_libraries()
        yield logging.getLogger("a-library"), out
    finally:
        sys.stderr = before
        root.handlers[:] = handlers
        root.setLevel(level)


def test_message_traceback_and_stack_of_a_library_are_cleaned(
    library: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, out = library
    try:
        raise ValueError(f"lpa_{LETTERS}")
    except ValueError:
        logger.exception("with %s", f"token={LETTERS}", stack_info=True)
    assert "ValueError" in out.getvalue()
    assert "Stack (most recent call last)" in out.getvalue()
    assert LETTERS not in out.getvalue()


def test_the_stack_of_a_record_is_cleaned() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "m", (), None, sinfo=f"Stack: lpa_{LETTERS}")
    assert SecretFilter().filter(record)
    assert record.stack_info == "Stack: [secret]"
