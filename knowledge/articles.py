"""Articles: Markdown files, overlaid base → federal state → tenant, become the answers in force on one day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

import frontmatter
import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from knowledge.amounts import AmountTable, Quantity, load_amounts, percent_of
from knowledge.errors import KnowledgeError, describe_validation
from knowledge.laws import Citation, Laws
from knowledge.tenants import Tenant, load_tenant

Facet = Literal["who", "how_much", "how", "documents", "deadline", "where", "duty", "consequence", "what"]
StepKind = Literal["article", "service", "form"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a citizen can do next: read another article, book a service, open a form (only forms have an address)."""

    kind: StepKind
    id: str
    title: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One answer in force, with amounts and the tenant's data filled in."""

    id: str
    title: str
    topic: str
    facet: Facet
    questions: tuple[str, ...]
    text: str
    spoken: str
    easy: str
    citations: tuple[Citation, ...]
    next_steps: tuple[NextStep, ...]
    valid_from: date
    valid_to: date | None
    reviewed_on: date
    reviewed_by: str


class StepReference(BaseModel):
    """A next step as it is written in an article: exactly one of the three."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    article: str | None = None
    service: str | None = None
    form: str | None = None

    @model_validator(mode="after")
    def _names_exactly_one(self) -> StepReference:
        if sum(value is not None for value in (self.article, self.service, self.form)) != 1:
            raise ValueError("nennt nicht genau eines von article, service, form")
        return self

    @property
    def target(self) -> tuple[StepKind, str]:
        if self.article is not None:
            return "article", self.article
        if self.service is not None:
            return "service", self.service
        return "form", self.form or ""


class ArticleSource(BaseModel):
    """An article as its file says it, before anything is filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    topic: str = Field(min_length=1)
    facet: Facet
    questions: list[str] = Field(min_length=1)
    citations: list[str] = []
    valid_from: date
    valid_to: date | None = None
    reviewed_on: date
    reviewed_by: str = Field(min_length=1)
    next_steps: list[StepReference] = []
    spoken: str = Field(min_length=1)
    easy: str = Field(min_length=1)
    body: str = Field(min_length=1)

    @property
    def templates(self) -> dict[str, str]:
        return {"text": self.body, "spoken": self.spoken, "easy": self.easy}


@dataclass(frozen=True, slots=True)
class Content:
    """All that is true for one tenant on one day. `withheld` and `problems` say in German what is left out and why."""

    tenant: Tenant
    today: date
    articles: dict[str, Article]
    withheld: dict[str, str]
    problems: dict[str, str]
    sources: dict[str, ArticleSource]
    paths: dict[str, Path]


def load_content(root: Path, *, tenant: str, today: date) -> Content:
    """Read the knowledge folder for one tenant. A bad file takes no other down: its reason is recorded.

    Raises KnowledgeError only where nothing can be served: unknown tenant, unreadable `laws.yml`.
    """
    if not (root / "tenants" / tenant / "tenant.yml").is_file():
        raise KnowledgeError(f"Die Kommune „{tenant}“ ist nicht bekannt.")
    tenant_data = load_tenant(root / "tenants" / tenant)
    laws = Laws.load(root)
    groups, problems = load_amounts(root)
    sources, withheld, paths = _overlaid_sources(root, tenant_data)
    context = {"amounts": AmountTable(groups, today), "tenant": tenant_data, "percent_of": percent_of}
    articles = {}
    for id, source in sources.items():
        reasons: list[str] = _outside_validity(source, today)
        try:
            citations = laws.citations(source.citations)
        except KnowledgeError as error:
            reasons.append(str(error))
        try:
            filled = {name: _render(template, context) for name, template in source.templates.items()}
        except KnowledgeError as error:
            reasons.append(str(error))
        if reasons:
            withheld[id] = " ".join(reasons)
            continue
        filled["easy"] = "\n".join(_SENTENCE_END.split(" ".join(filled["easy"].split())))
        articles[id] = Article(
            id=id,
            title=source.title,
            topic=source.topic,
            facet=source.facet,
            questions=tuple(source.questions),
            citations=citations,
            next_steps=(),
            valid_from=source.valid_from,
            valid_to=source.valid_to,
            reviewed_on=source.reviewed_on,
            reviewed_by=source.reviewed_by,
            **filled,
        )
    # Titles of next steps are known only now; a step that leads nowhere is not offered (the check reports it).
    articles = {
        id: replace(article, next_steps=tuple(_resolved_steps(sources[id], articles, tenant_data)))
        for id, article in articles.items()
    }
    return Content(tenant_data, today, articles, withheld, problems, sources, paths)


def layers(root: Path, tenant: Tenant) -> tuple[Path, ...]:
    """The folders of articles from general to special; a later one replaces articles of an earlier one."""
    return (
        root / "articles",
        root / "states" / tenant.state / "articles",
        root / "tenants" / tenant.id / "articles",
    )


def read_source(path: Path) -> ArticleSource:
    """One article file; raises KnowledgeError with all that is wrong with it."""
    try:
        post = frontmatter.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KnowledgeError(f"Die Datei {path.name} ist nicht lesbar ({' '.join(str(error).split())}).") from error
    try:
        source = ArticleSource.model_validate({**post.metadata, "body": post.content.strip()})
    except ValidationError as error:
        raise KnowledgeError(f"Die Datei {path.name} ist fehlerhaft: {describe_validation(error)}.") from error
    if source.id != path.stem:
        raise KnowledgeError(f"Die Datei {path.name} nennt die id „{source.id}“; Dateiname und id müssen gleich sein.")
    return source


def _overlaid_sources(root: Path, tenant: Tenant) -> tuple[dict[str, ArticleSource], dict[str, str], dict[str, Path]]:
    sources: dict[str, ArticleSource] = {}
    withheld: dict[str, str] = {}
    paths: dict[str, Path] = {}
    for folder in layers(root, tenant):
        in_this_layer: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.md")):
            id = path.stem
            # A replacement that cannot be read must not bring back the general answer it replaces.
            sources.pop(id, None)
            withheld.pop(id, None)
            if id in in_this_layer:
                both = f"{in_this_layer[id].relative_to(root)} und {path.relative_to(root)}"
                withheld[id] = f"Die id „{id}“ gibt es doppelt: {both}."
                continue
            in_this_layer[id] = paths[id] = path
            try:
                sources[id] = read_source(path)
            except KnowledgeError as error:
                withheld[id] = str(error)
    for id in tenant.disabled_articles:
        if sources.pop(id, None) or id in withheld:
            withheld[id] = f"{tenant.office} hat diesen Artikel abgeschaltet."
    return sources, withheld, paths


def _outside_validity(source: ArticleSource, today: date) -> list[str]:
    if today < source.valid_from:
        return [f"Der Artikel gilt erst ab {source.valid_from:%d.%m.%Y}."]
    if source.valid_to is not None and today > source.valid_to:
        return [f"Der Artikel galt nur bis {source.valid_to:%d.%m.%Y}."]
    return []


def _resolved_steps(source: ArticleSource, articles: dict[str, Article], tenant: Tenant) -> Iterator[NextStep]:
    for reference in source.next_steps:
        kind, id = reference.target
        if kind == "article" and id in articles:
            yield NextStep(kind, id, articles[id].title)
        elif kind == "service" and (service := tenant.service(id)):
            yield NextStep(kind, id, service.name)
        elif kind == "form" and (form := tenant.form(id)):
            yield NextStep(kind, id, form.name, form.url)


def _euro(value: Decimal | int) -> str:
    return str(Quantity(Decimal(value), "euro"))


def _dative(value: Quantity) -> str:
    return value.dative


# Leichte Sprache wants every sentence on a line of its own, however the file wraps them.
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-ZÄÖÜ„])")

# Output is Markdown, cleaned where it becomes HTML; escaping here would spoil it for chat and telephone.
_ENVIRONMENT = ImmutableSandboxedEnvironment(  # noqa: S701
    undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.filters.update(euro=_euro, dativ=_dative)


@lru_cache(maxsize=4096)
def _template(text: str) -> Template:
    return _ENVIRONMENT.from_string(text)


def _render(text: str, context: dict[str, object]) -> str:
    text = text.strip()
    if "{" not in text:
        return text
    try:
        return _template(text).render(context).strip()
    except TemplateError as error:
        raise KnowledgeError(f"Ein Platzhalter lässt sich nicht füllen: {error}.") from error
    except (TypeError, ArithmeticError, AttributeError) as error:
        raise KnowledgeError(f"Ein Platzhalter ist falsch verwendet: {error}.") from error
