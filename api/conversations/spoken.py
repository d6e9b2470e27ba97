"""A text as one says it: what a telephone reads aloud where nobody wrote a spoken form. Pure, without imports of ours.

The dialogue uses it for its sentences, the hub for every line that has no spoken form yet.
"""

import re

LONGEST_SENTENCE = 15  # words; longer ones are lost on the telephone
OPTIONS_AT_MOST = 3  # read aloud at once


def spoken_form(text: str) -> str:
    """Return a text for the telephone: no marks, no brackets, no addresses of pages, times as one says them."""
    text = re.sub(r"(?m)^\s*(?:[-*>]|\d+\.)\s+", "", text)
    text = re.sub(r"\*\*|__|[„“\"`]", "", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"\s*\([^)]*\)", "", text)
    text = re.sub(r"\s*\bhttps?://\S+", "", text)
    text = re.sub(
        r"\b(\d{1,2}):(\d\d) Uhr", lambda m: f"{m[1]} Uhr" if m[2] == "00" else f"{m[1]} Uhr {int(m[2])}", text
    )
    text = re.sub(r"([^.!?:,;])\s*\n+\s*", r"\1. ", text.strip())
    return re.sub(r"\s+", " ", text).strip()


def digit_by_digit(number: str) -> str:
    """`4711` as `4, 7, 1, 1`: one by one, with a pause after each."""
    return ", ".join(character for character in number if character.isdigit())
