"""What people type, made safe to store: valid Unicode, no control characters, nothing else changed."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

KEEP = {"\n", "\t"}


def clean(value: object) -> object:
    """Drop control characters, null bytes and lone surrogates; trim the ends. Other types pass unchanged."""
    if not isinstance(value, str):
        return value
    value = value.replace("\r\n", "\n").encode("utf-8", "ignore").decode("utf-8")
    return "".join(c for c in value if c in KEEP or unicodedata.category(c) != "Cc").strip()


def _not_empty(value: str) -> str:
    if not value:
        raise ValueError("Bitte schreiben Sie etwas.")
    return value


def _one_line(value: str) -> str:
    return " ".join(value.split())


Cleaned = BeforeValidator(clean)
Line = Annotated[str, Field(max_length=200), Cleaned, AfterValidator(_one_line), AfterValidator(_not_empty)]
Paragraph = Annotated[str, Field(max_length=4000), Cleaned, AfterValidator(_not_empty)]
