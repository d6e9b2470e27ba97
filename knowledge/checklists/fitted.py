"""The checklist that fits somebody's answers; what was not answered stays in the list with the word "falls".

    found = fit(Answers(occasion="renewal", work="self_employed"), tenant=tenant, laws=laws)

For an appointment the municipality's own list (`bring` of the service) is the whole checklist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from knowledge.laws import Citation, Laws
from knowledge.tenants import Form, Tenant

Occasion = Literal["first", "renewal", "appointment"]
Member = Literal["partner", "children"]
Work = Literal["none", "employed", "self_employed"]
Housing = Literal["rent", "own", "parents"]

# What each answer can be; the file must name these and no others.
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "occasion": ("first", "renewal"),
    "household": get_args(Member),
    "work": get_args(Work),
    "housing": get_args(Housing),
}
OWN_LIST = "papers"  # the group of what a municipality asks for at an appointment
IDENTITY = "identity"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(_Model):
    """One thing to bring, as items.yml explains it."""

    id: str
    group: str
    rank: int = Field(ge=1, le=3)
    text: str
    needs: dict[str, list[str]] = {}
    when: str | None = None
    why: str | None = None
    source: str | None = None
    article: str | None = None
    form: str | None = None


class Catalogue(_Model):
    """The whole of items.yml."""

    answers: dict[str, dict[str, str]]
    groups: dict[str, str]
    items: list[Item]

    @model_validator(mode="after")
    def _names_are_known(self) -> Catalogue:
        if {name: tuple(values) for name, values in self.answers.items()} != DIMENSIONS:
            raise ValueError("answers nennt nicht genau die bekannten Antworten")
        for item in self.items:
            if item.group not in self.groups:
                raise ValueError(f"{item.id}: unbekannte Gruppe {item.group}")
            for name, values in item.needs.items():
                if not set(values) <= set(DIMENSIONS.get(name, ())):
                    raise ValueError(f"{item.id}: unbekannte Antwort zu {name}")
        return self


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known. None: not known. `household`: who lives there beside the person, nobody is an answer too."""

    occasion: Occasion | None = None
    household: frozenset[Member] | None = None
    work: Work | None = None
    housing: Housing | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a checklist. `when`: the conditions under which it is needed, as far as they are not known."""

    id: str
    group: str
    text: str
    when: tuple[str, ...]
    why: str | None
    citation: Citation | None
    article: str | None
    form: Form | None
    rank: int


@dataclass(frozen=True, slots=True)
class Checklist:
    """Entries in the order of their groups; `groups`: the headings of those that have entries."""

    entries: tuple[Entry, ...]
    groups: Mapping[str, str]

    def of(self, group: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.group == group)

    def most_needed(self, limit: int) -> Checklist:
        """At most so many entries: the important and certain ones, in the same order."""
        best = sorted(self.entries, key=lambda entry: (entry.rank, len(entry.when)))[:limit]
        return _checklist([entry for entry in self.entries if entry in best], self.groups)


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """All items (items.yml)."""
    written = Path(__file__).with_name("items.yml").read_text(encoding="utf-8")
    return Catalogue.model_validate(yaml.safe_load(written))


def fit(answers: Answers, *, tenant: Tenant, laws: Laws, service: str | None = None) -> Checklist:
    """The checklist for these answers. `service`: what the appointment is for, where that is the occasion."""
    known = catalogue()
    if answers.occasion == "appointment":
        return _own_list(known, tenant, laws, service)
    entries = []
    for item in known.items:
        missing = _missing(item, answers, known.answers)
        if missing is not None:
            entries.append(_entry(item, missing, tenant, laws))
    return _checklist(entries, known.groups)


def _missing(item: Item, answers: Answers, phrases: Mapping[str, Mapping[str, str]]) -> tuple[str, ...] | None:
    """The conditions of an item that are not known; None where an answer rules it out."""
    open_conditions = []
    for name, values in item.needs.items():
        answer = getattr(answers, name)
        if answer is None:
            open_conditions.append(" oder ".join(phrases[name][value] for value in values))
        elif not set(values) & (answer if isinstance(answer, frozenset) else {answer}):
            return None
    return tuple(open_conditions)


def _entry(item: Item, missing: tuple[str, ...], tenant: Tenant, laws: Laws) -> Entry:
    return Entry(
        id=item.id,
        group=item.group,
        text=item.text,
        when=(*missing, item.when) if item.when else missing,
        why=item.why,
        citation=laws.citation(item.source) if item.source else None,
        article=item.article,
        form=next((form for form in tenant.forms if form.id == item.form), None),
        rank=item.rank,
    )


def _own_list(known: Catalogue, tenant: Tenant, laws: Laws, service_id: str | None) -> Checklist:
    """What the municipality names for a service; without a list of its own, only who you are."""
    service = next((entry for entry in tenant.services if entry.id == service_id), None)
    if service is None or not service.bring:
        identity = next(item for item in known.items if item.id == IDENTITY)
        return _checklist([_entry(identity, (), tenant, laws)], known.groups)
    entries = [
        Entry(f"bring-{number}", OWN_LIST, text, (), None, None, None, None, 1)
        for number, text in enumerate(service.bring, start=1)
    ]
    return _checklist(entries, {OWN_LIST: service.name})


def _checklist(entries: list[Entry], groups: Mapping[str, str]) -> Checklist:
    order = list(groups)
    ordered = sorted(entries, key=lambda entry: (order.index(entry.group), entry.rank))
    used = {entry.group for entry in ordered}
    return Checklist(tuple(ordered), {id: title for id, title in groups.items() if id in used})
