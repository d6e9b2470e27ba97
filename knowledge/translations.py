"""Translations of articles: `translations/<language>/<id>.md`, served only while they say what the German says.

A translation names the digest of the German title and text it was made from. Once the German article changes, in the
repository, by a tenant's own version or by an editor's revision, the digest differs and the article is served in
German only until somebody has translated it anew. `python -m knowledge.translations` lists what is missing or old.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import frontmatter
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge import ROOT
from knowledge.errors import KnowledgeError, describe_validation

FOLDER = "translations"
# Languages besides German, each with its name in the language itself.
LANGUAGES = {
    "en": "English",
    "uk": "Українська",
    "ru": "Русский",
    "ar": "العربية",
    "tr": "Türkçe",
}


class TranslationSource(BaseModel):
    """A translation as its file says it. `of`: digest of the German title and text; `questions`: how speakers ask."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    of: str = Field(pattern=r"^[0-9a-f]{12}$")
    title: str = Field(min_length=1)
    questions: list[str] = Field(min_length=1)
    body: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Translation:
    """One answer in another language, with amounts and the tenant's data filled in."""

    id: str
    language: str
    title: str
    questions: tuple[str, ...]
    text: str


def digest(title: str, body: str) -> str:
    """What a translation is made from, in twelve hexadecimal digits."""
    return hashlib.sha256(f"{title}\n\n{body}".encode()).hexdigest()[:12]


def read_translations(root: Path, language: str) -> tuple[dict[str, TranslationSource], dict[str, str]]:
    """All translations into a language by article id, and for each file that cannot be used the German reason."""
    found: dict[str, TranslationSource] = {}
    problems: dict[str, str] = {}
    for path in sorted((root / FOLDER / language).glob("*.md")):
        place = f"{FOLDER}/{language}/{path.name}"
        try:
            source = _parse(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            problems[place] = describe_validation(error)
        except (OSError, ValueError, yaml.YAMLError) as error:
            problems[place] = f"nicht lesbar ({error})"
        else:
            if source.id == path.stem:
                found[source.id] = source
            else:
                problems[place] = f"nennt die id „{source.id}“; Dateiname und id müssen gleich sein"
    return found, problems


@lru_cache(maxsize=4096)
def _parse(text: str) -> TranslationSource:
    post = frontmatter.loads(text)
    return TranslationSource.model_validate({**post.metadata, "body": post.content.strip()})


def behind(root: Path, originals: Mapping[str, tuple[str, str]]) -> dict[str, list[str]]:
    """Per language the ids whose translation is older than the German (title, body) of `originals`, or is of nothing.

    Raises KnowledgeError where a file cannot be used.
    """
    old: dict[str, list[str]] = {}
    for language in LANGUAGES:
        translations, problems = read_translations(root, language)
        if problems:
            raise KnowledgeError("; ".join(f"{place}: {reason}" for place, reason in problems.items()))
        old[language] = [
            id for id, source in translations.items() if id not in originals or source.of != digest(*originals[id])
        ]
    return old


def main() -> None:
    """Lists per language how many articles are translated, and which translations are older than their article."""
    from knowledge.articles import read_source  # noqa: PLC0415 - articles serve translations and so import this module

    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    sources = [read_source(path) for path in sorted((ROOT / "articles").rglob("*.md"))]
    originals = {source.id: (source.title, source.body) for source in sources}
    old = behind(ROOT, originals)
    for language, name in LANGUAGES.items():
        known, _ = read_translations(ROOT, language)
        print(f"{name} ({language}): {len(known)} of {len(originals)} articles, {len(old[language])} older than theirs")
        for id in old[language]:
            print(f"  {id}: of: {digest(*originals[id])}" if id in originals else f"  {id}: no such article")


if __name__ == "__main__":
    main()
