"""The telephone's own sentences, read from phrases.yml."""

from functools import lru_cache
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("phrases.yml")


@lru_cache(maxsize=1)
def phrases() -> dict[str, list[str]]:
    """All sentences by key, each as a list of its variants."""
    loaded: dict[str, str | list[str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {key: value if isinstance(value, list) else [value] for key, value in loaded.items()}


def phrase(key: str, *, times: int = 0, **values: str) -> str:
    """A sentence as it is said the given time; the last variant stays."""
    variants = phrases()[key]
    return variants[min(times, len(variants) - 1)].format(**values)


def prompts() -> dict[str, str]:
    """The sentences without anything to fill in, by the name a recording of them would have."""
    named = {}
    for key, variants in phrases().items():
        for number, variant in enumerate(variants):
            if "{" not in variant:
                named[key if number == 0 else f"{key}_{number + 1}"] = variant
    return named
