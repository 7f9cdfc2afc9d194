"""What stands in quotes in a raw query, blanked, so that no pattern finds anything there.

Called by `query`, `conditions` and `safety.comparisons`.
"""

from __future__ import annotations

from generator.vendor import QueryLanguage


def blank_quoted(language: QueryLanguage, query: str) -> str:
    """Return the statement with its quoted text blanked; as it is when a quote is not closed, for nothing of it is
    sure.
    """
    blanked, is_open = blank(language, query)
    return query if is_open else blanked


def blank(language: QueryLanguage, query: str) -> tuple[str, bool]:
    """Return the statement with every character inside quotes blanked, and whether a quote is left open at its end."""
    escapes = {written[0] for sign, written in language.escape.items() if written[1:] == sign}
    quotes = {language.quote, language.other_quote} - {""}
    out, inside, is_escaped = [], "", False
    for character in query:
        if is_escaped or (inside and character != inside):
            is_escaped = not is_escaped and character in escapes
            out.append(" ")
        else:
            if character in quotes:
                inside = "" if inside else character
            out.append(character)
    return "".join(out), bool(inside)
