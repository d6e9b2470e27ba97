"""The labelled questions of the development set (for tuning) and the test set (for reporting)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import KnowledgeError, describe_validation

# Articles and amounts come and go with the calendar; figures are comparable only on one day.
EVALUATION_DAY = date(2026, 11, 21)


class Row(BaseModel):
    """One question with the article that answers it; none where the office cannot answer (`kind` says why)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    article: str | None
    register_: str = Field(alias="register")
    also: list[str] = []
    kind: str | None = None
    previous: str | None = None  # what was asked before, for a follow-up question

    @property
    def accepted(self) -> frozenset[str]:
        return frozenset([self.article, *self.also]) if self.article else frozenset()


def load_rows(path: Path) -> list[Row]:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip():
            try:
                rows.append(Row.model_validate_json(line))
            except ValidationError as error:
                raise KnowledgeError(f"{path.name}, Zeile {number}: {describe_validation(error)}") from error
    return rows


def normalised(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.lower()))


def unseen(rows: Iterable[Row], texts: Iterable[str]) -> list[Row]:
    """The rows whose question does not stand, word for word, among the texts that search and encoder learned from."""
    known = {normalised(text) for text in texts}
    return [row for row in rows if normalised(row.question) not in known]
