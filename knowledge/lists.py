"""Data files that are lists of texts by name: synonyms, phrasings, questions for other offices."""

from __future__ import annotations

from pathlib import Path

import yaml

from knowledge.errors import KnowledgeError


def read_lists(path: Path) -> dict[str, list[str]]:
    """A YAML file of lists of texts by name, or a folder of such files; empty where there is none."""
    if path.is_dir():
        return {name: texts for part in sorted(path.glob("*.yml")) for name, texts in read_lists(part).items()}
    if not path.exists():
        return {}
    try:
        loaded = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{path}: nicht lesbar ({' '.join(str(error).split())})") from error
    return {str(name): [str(text) for text in texts or ()] for name, texts in (loaded or {}).items()}
