"""What a vendor says and what we advise are two sentences, and neither is there twice."""

import pytest

from runtime.errors import VendorRefused


@pytest.mark.parametrize(
    ("message", "advice", "text"),
    [
        ("It refused: no name", "Give one.", "It refused: no name. Give one."),
        ("It refused.", "Give one.", "It refused. Give one."),
        ("It refused: really?", "Give one.", "It refused: really? Give one."),
        ("It refused. Give one.", "Give one.", "It refused. Give one."),
        ("It refused", "", "It refused"),
    ],
)
def test_a_vendors_text_and_advice_are_two_sentences(message, advice, text):
    assert VendorRefused(message, advice=advice).as_text() == text
