"""The check of the vocabulary finds what it is for, and lets through what others call so."""

from __future__ import annotations

import pytest

from tests.vocabulary import TERMS, found_in


@pytest.mark.parametrize("word", TERMS)
def test_a_word_with_another_term_is_found_in_prose_and_in_names(word):
    written = f"A {word} here.\ndef is_{word.replace('-', '_')}_there():"
    lines = [line for line, _ in found_in(written)]
    assert lines == ([1] if "-" in word else [1, 2])


def test_terms_of_others_and_longer_words_are_let_through():
    assert (
        list(found_in("keep-alive, wall clock, keep_blank_values, bookkeeping, outdoor, walled, `stand-in`"))
        == []
    )
