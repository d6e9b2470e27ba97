"""How an article is written and read in the editors' pages: its form, its differences, its place in the list."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.knowledge import service
from api.knowledge.desk import EditorsDesk
from api.knowledge.editor_schemas import SourceOut
from api.problems import Problem
from knowledge.articles import BASE
from knowledge.tenants import Tenant

LABELS = {
    "id": "Kennung",
    "title": "Titel",
    "topic": "Thema",
    "facet": "Art der Frage",
    "questions": "Fragen",
    "citations": "Fundstellen",
    "valid_from": "Gilt ab",
    "valid_to": "Gilt bis",
    "reviewed_on": "Geprüft am",
    "reviewed_by": "Geprüft von",
    "next_steps": "Nächste Schritte",
    "spoken": "Gesprochen",
    "easy": "Leichte Sprache",
    "body": "Antwort",
}
FACETS = {
    "what": "Was ist das?",
    "who": "Wer?",
    "how_much": "Wie viel?",
    "how": "Wie geht das?",
    "documents": "Unterlagen",
    "deadline": "Bis wann?",
    "where": "Wo?",
    "duty": "Was muss ich?",
    "consequence": "Was passiert, wenn?",
}
STEP_WORDS = {"article": "Artikel", "service": "Termin", "form": "Formular"}
_STEP_KINDS = {word.lower(): kind for kind, word in STEP_WORDS.items()} | {kind: kind for kind in STEP_WORDS}
_WORDS = re.compile(r"\s+|[^\s]+")
TRIALS = 6

Change = tuple[Literal["same", "new", "gone"], str]


class ArticleForm(BaseModel):
    """The form as it is sent: lists are lines of text, so that typing them needs no script."""

    model_config = ConfigDict(extra="ignore")
    LABELS: ClassVar[dict[str, str]] = LABELS

    id: str = Field(default="", max_length=100)
    ebene: str = Field(default="", max_length=60)
    new: bool = False
    revision: int = Field(default=0, ge=0)
    title: str = Field(default="", max_length=1000)
    topic: str = Field(default="", max_length=100)
    facet: str = Field(default="what", max_length=20)
    questions: str = Field(default="", max_length=40_000)
    citations: str = Field(default="", max_length=20_000)
    valid_from: str = Field(default="", max_length=20)
    valid_to: str = Field(default="", max_length=20)
    reviewed_by: str = Field(default="", max_length=300)
    next_steps: str = Field(default="", max_length=4000)
    spoken: str = Field(default="", max_length=20_000)
    easy: str = Field(default="", max_length=20_000)
    body: str = Field(default="", max_length=40_000)
    note: str = Field(default="", max_length=1000)
    trials: str = Field(default="", max_length=4000)
    probe: str = Field(default="", max_length=5)

    def fields(self) -> dict[str, Any]:
        """What the interface takes; raises a Problem for a next step that cannot be read."""
        return {
            "title": self.title,
            "topic": self.topic,
            "facet": self.facet,
            "questions": self.questions.splitlines(),
            "citations": self.citations.splitlines(),
            "valid_from": self.valid_from or None,
            "valid_to": self.valid_to or None,
            "reviewed_by": self.reviewed_by,
            "next_steps": [_step(line) for line in self.next_steps.splitlines() if line.strip()],
            "spoken": self.spoken,
            "easy": self.easy,
            "body": self.body,
        }

    def trial_questions(self) -> list[str]:
        """The questions to try."""
        return [line.strip()[:300] for line in self.trials.splitlines() if line.strip()][:TRIALS]


def form_of(source: SourceOut) -> ArticleForm:
    """The form filled with what an article has today."""
    fields = source.fields
    texts = {name: str(fields.get(name) or "") for name in LABELS if name not in {"questions", "citations"}}
    return ArticleForm.model_validate(
        {
            **texts,
            "id": source.article,
            "ebene": source.layer,
            "revision": source.revision,
            "questions": _as_lines(fields.get("questions")),
            "citations": _as_lines(fields.get("citations")),
            "next_steps": _written_steps(fields.get("next_steps")),
        }
    )


def differences(before: str, after: str) -> list[tuple[str, list[Change]]]:
    """What changed between two texts of an article, field by field and word by word."""
    old, new = service.readable_fields(before) if before else {}, service.readable_fields(after)
    changed = []
    for name, label in LABELS.items():
        left, right = _written(name, old.get(name)), _written(name, new.get(name))
        if left != right and name != "id":
            changed.append((label, _word_changes(left, right)))
    return changed


def in_words(text: str, article_id: str) -> str:
    """The title in a text, else the id."""
    return str(service.readable_fields(text).get("title") or article_id)


def layer_name(layer: str, tenant: Tenant) -> str:
    """A layer in words."""
    return "alle Kommunen" if layer == BASE else f"nur {tenant.name}"


@dataclass(frozen=True)
class Row:
    """One line of the list of articles."""

    id: str
    title: str
    topic: str
    layer: str
    edit_layer: str
    state: Literal["served", "withheld", "withdrawn"]
    reason: str
    draft: bool
    searched: str

    def matches(self, query: str, state: str) -> bool:
        """Whether the list shows it."""
        words = query.casefold().split()
        if state == "draft" and not self.draft:
            return False
        if state in {"withheld", "withdrawn"} and self.state != state:
            return False
        return all(word in self.searched for word in words)


def overview(at: EditorsDesk, layers: Sequence[str]) -> list[Row]:
    """All articles that the tenant has, with drafts of new ones, by topic and title."""
    content, tenant = at.library.content, at.account.tenant
    with at.database.read() as session:
        drafts = {(row.article_id, row.layer): row for row in service.list_drafts(session, layers)}
        revised = service.in_effect_for(session, tenant)
    own_files = at.root / "tenants" / tenant
    rows = []
    for id in {*content.sources, *content.withheld, *(article for article, _layer in drafts)}:
        source = content.sources.get(id)
        path = content.paths.get(id)
        own = (id, tenant) in revised or (path is not None and path.is_relative_to(own_files))
        layer = tenant if own else BASE
        draft = next((drafts[id, one] for one in (layer, tenant, BASE) if (id, one) in drafts), None)
        effective = revised.get((id, layer))
        unread = draft or effective  # an article that is not served has its title here
        fields = service.readable_fields(unread.text) if unread and not source else {}
        title = source.title if source else str(fields.get("title") or id)
        questions: Iterable[str] = source.questions if source else []
        rows.append(
            Row(
                id=id,
                title=title,
                topic=source.topic if source else str(fields.get("topic") or ""),
                layer=draft.layer if draft and not source and id not in content.withheld else layer,
                edit_layer=draft.layer if draft else layer if layer in layers else tenant,
                state="withdrawn" if effective and effective.state == "withdrawn"
                else "served" if id in content.articles else "withheld",
                reason=content.withheld.get(id, "" if source else "Neu, noch nicht veröffentlicht."),
                draft=draft is not None,
                searched=" ".join((id, title, *questions)).casefold(),
            )
        )
    return sorted(rows, key=lambda row: (row.topic, row.title))


def _step(line: str) -> dict[str, str]:
    word, _, target = line.replace(":", " ").strip().partition(" ")
    kind = _STEP_KINDS.get(word.lower())
    if kind is None or not target.strip():
        raise Problem(
            422, "invalid-step", f"Nächste Schritte: „{line.strip()}“ beginnt nicht mit Artikel, Termin oder Formular."
        )
    return {kind: target.strip()}


def _written_steps(steps: Any) -> str:
    return "\n".join(
        f"{STEP_WORDS.get(kind, kind)}: {target}"
        for step in (steps if isinstance(steps, list) else [])
        if isinstance(step, dict)
        for kind, target in step.items()
    )


def _as_lines(value: Any) -> str:
    return "\n".join(str(line) for line in value) if isinstance(value, list) else str(value or "")


def _written(name: str, value: Any) -> str:
    if name == "next_steps":
        return _written_steps(value)
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    return FACETS.get(value, "") if name == "facet" else _as_lines(value)


def _word_changes(before: str, after: str) -> list[Change]:
    left, right = _WORDS.findall(before), _WORDS.findall(after)
    changes: list[Change] = []
    for operation, a, b, c, d in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if operation == "equal":
            changes.append(("same", "".join(left[a:b])))
            continue
        if b > a:
            changes.append(("gone", "".join(left[a:b])))
        if d > c:
            changes.append(("new", "".join(right[c:d])))
    return changes
