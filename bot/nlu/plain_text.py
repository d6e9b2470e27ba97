"""One spelling for comparing: lower case, umlauts spelt out, no accents, single spaces."""

import re
import unicodedata

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def plain(text: str) -> str:
    """Return the text as it is compared: "Ich heiße Öztürk!" becomes "ich heisse oeztuerk!"."""
    spelt = text.lower().translate(_UMLAUTS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", bare).strip()


def words(text: str) -> list[str]:
    """Return the words of a text in that spelling, without punctuation."""
    return re.findall(r"[a-z0-9]+", plain(text))
