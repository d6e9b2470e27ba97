"""The real knowledge on a fixed day, and a small knowledge folder that tests may spoil."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge import ROOT
from knowledge.articles import Content, load_content
from knowledge.library import Library

DAY = date(2026, 11, 21)

ARTICLE = """---
id: {id}
title: {title}
topic: probe
facet: how_much
questions:
  - {question}
citations:
  - {citation}
valid_from: {valid_from}
valid_to: {valid_to}
reviewed_on: 2026-11-21
reviewed_by: Redaktion
next_steps: {next_steps}
spoken: {spoken}
easy: {easy}
{extra}---
{body}
"""
DEFAULTS = {
    "title": "Wie viel Geld gibt es?",
    "question": "Wie hoch ist der Satz?",
    "citation": "§ 20 Abs. 1 SGB II",
    "valid_from": "2026-07-01",
    "valid_to": "null",
    "next_steps": "[]",
    "spoken": "Es gibt Geld.",
    "easy": "Es gibt Geld. Fragen Sie nach.",
    "extra": "",
    "body": "Sie bekommen Geld.",
}


@pytest.fixture(scope="session")
def content() -> Content:
    return load_content(ROOT, tenant="musterkreis", today=DAY)


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load(ROOT, tenant="musterkreis", today=DAY, encoder=ROOT / "encoder")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A knowledge folder with the real laws, amounts and example tenant, and no article yet."""
    shutil.copy(ROOT / "laws.yml", tmp_path)
    shutil.copytree(ROOT / "amounts", tmp_path / "amounts")
    (tmp_path / "tenants" / "musterkreis").mkdir(parents=True)
    tenant = (ROOT / "tenants" / "musterkreis" / "tenant.yml").read_text(encoding="utf-8")
    # its ways point to articles, and there are none here
    tenant = re.sub(r", article: [a-z0-9-]+}", "}", tenant)
    (tmp_path / "tenants" / "musterkreis" / "tenant.yml").write_text(tenant, encoding="utf-8")
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[..., Path]:
    """`write("satz", body="…")` puts an article into the folder; `layer` names another place than the base."""

    def write_article(id: str, *, layer: str = "articles", **fields: str) -> Path:
        path = folder / layer / f"{id}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ARTICLE.format(id=id, **{**DEFAULTS, **fields}), encoding="utf-8")
        return path

    return write_article


@pytest.fixture
def load(folder: Path) -> Callable[..., Content]:
    def load_folder(today: date = DAY) -> Content:
        return load_content(folder, tenant="musterkreis", today=today)

    return load_folder
