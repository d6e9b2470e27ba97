"""Articles: Markdown files, overlaid base → federal state → tenant, become the answers in force on one day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import frontmatter
import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from knowledge.amounts import AmountTable, Quantity, load_amounts, percent_of
from knowledge.errors import KnowledgeError, describe_validation
from knowledge.laws import Citation, Laws
from knowledge.tenants import Tenant, load_state, load_tenant
from knowledge.translations import FOLDER, LANGUAGES, Translation, digest, read_translations

Facet = Literal["who", "how_much", "how", "documents", "deadline", "where", "duty", "consequence", "what"]
StepKind = Literal["article", "service", "form", "video"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a citizen can do next: read another article, book a service, open a form, watch a film.

    Only forms and films have an address.
    """

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
        return {"title": self.title, "text": self.body, "spoken": self.spoken, "easy": self.easy}


BASE = "base"  # the layer of all municipalities; every other layer an editor may change is a tenant's id


@dataclass(frozen=True, slots=True)
class ArticleRevision:
    """What an editor's change put in place of an article's file, in one layer: `base` or the id of a tenant.

    `text` is the whole article as its file would be. A withdrawn article is served to nobody, whatever the file says.
    """

    layer: str
    id: str
    number: int
    text: str
    withdrawn: bool = False


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
    translations: dict[str, dict[str, Translation]]  # by language and article; only those of the German as it stands


def load_content(root: Path, *, tenant: str, today: date, revisions: Sequence[ArticleRevision] = ()) -> Content:
    """Read the knowledge folder for one tenant. A bad file takes no other down: its reason is recorded.

    `revisions` replace the files of their own layer, at most one an article; a later layer's file replaces them.
    Raises KnowledgeError only where nothing can be served: unknown tenant, unreadable `laws.yml`.
    """
    if not (root / "tenants" / tenant / "tenant.yml").is_file():
        raise KnowledgeError(f"Die Kommune „{tenant}“ ist nicht bekannt.")
    tenant_data = load_tenant(root / "tenants" / tenant)
    laws = Laws.load(root)
    groups, problems = load_amounts(root)
    sources, withheld, paths = _overlaid_sources(root, tenant_data, revisions)
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
            questions = tuple(_render(question, context) for question in source.questions)
        except KnowledgeError as error:
            reasons.append(str(error))
        if reasons:
            withheld[id] = " ".join(reasons)
            continue
        filled["easy"] = "\n".join(_SENTENCE_END.split(" ".join(filled["easy"].split())))
        articles[id] = Article(
            id=id,
            topic=source.topic,
            facet=source.facet,
            questions=questions,
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
    translations: dict[str, dict[str, Translation]] = {}
    for language in LANGUAGES:
        context = {**context, "amounts": AmountTable(groups, today, language)}
        translations[language], bad = _translations(root, language, articles, sources, context)
        problems |= bad
    return Content(tenant_data, today, articles, withheld, problems, sources, paths, translations)


def _translations(
    root: Path,
    language: str,
    articles: Mapping[str, Article],
    sources: Mapping[str, ArticleSource],
    context: dict[str, object],
) -> tuple[dict[str, Translation], dict[str, str]]:
    """The articles in force that are translated as they stand, and why a translation cannot be used."""
    served: dict[str, Translation] = {}
    written, problems = read_translations(root, language)
    for id, source in written.items():
        if id not in articles or source.of != digest(sources[id].title, sources[id].body):
            continue
        try:
            parts = (source.title, source.body, *source.questions)
            title, text, *questions = (_render(part, context) for part in parts)
        except KnowledgeError as error:
            problems[f"{FOLDER}/{language}/{id}.md"] = str(error)
        else:
            served[id] = Translation(id, language, title, tuple(questions), text)
    return served, problems


def layers(root: Path, tenant: Tenant) -> tuple[Path, ...]:
    """The folders of articles from general to special; a later one replaces articles of an earlier one."""
    return (
        root / "articles",
        root / "states" / tenant.state / "articles",
        root / "tenants" / tenant.id / "articles",
    )


def read_source(path: Path) -> ArticleSource:
    """One article file; raises KnowledgeError with all that is wrong with it."""
    place = f"Die Datei {path.name}"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{place} ist nicht lesbar ({error}).") from error
    source = parse_source(text, place=place)
    if source.id != path.stem:
        raise KnowledgeError(f"{place} nennt die id „{source.id}“; Dateiname und id müssen gleich sein.")
    return source


@lru_cache(maxsize=8192)
def parse_source(text: str, *, place: str) -> ArticleSource:
    """An article from its text; raises KnowledgeError that says of `place` all that is wrong."""
    try:
        return ArticleSource.model_validate(source_fields(text))
    except ValueError as error:
        if isinstance(error, ValidationError):
            raise KnowledgeError(f"{place} ist fehlerhaft: {describe_validation(error)}.") from error
        raise KnowledgeError(f"{place} ist nicht lesbar ({error}).") from error


def source_fields(text: str) -> dict[str, Any]:
    """The fields of an article's text as they are written, complete or not; ValueError where it is no YAML."""
    try:
        post = frontmatter.loads(text)
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error
    return {**post.metadata, "body": post.content.strip()}


def source_text(fields: Mapping[str, Any]) -> str:
    """The text of an article with these fields: what `source_fields` reads, in the form of the files."""
    head = {name: value for name, value in fields.items() if name != "body"}
    written = yaml.dump(head, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return f"---\n{written}---\n{str(fields.get('body', '')).strip()}\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks: a difference between two revisions is then one of lines."""


def _written_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _written_text)


def _overlaid_sources(
    root: Path, tenant: Tenant, revisions: Sequence[ArticleRevision]
) -> tuple[dict[str, ArticleSource], dict[str, str], dict[str, Path]]:
    sources: dict[str, ArticleSource] = {}
    withheld: dict[str, str] = {}
    paths: dict[str, Path] = {}
    for folder, layer in zip(layers(root, tenant), (BASE, None, tenant.id), strict=True):
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
        for revision in revisions:
            if layer is not None and revision.layer == layer:
                sources.pop(revision.id, None)
                withheld.pop(revision.id, None)
                paths.pop(revision.id, None)
                try:
                    sources[revision.id] = _revised(revision)
                except KnowledgeError as error:
                    withheld[revision.id] = str(error)
        # What a layer switches off stays so unless a more special layer writes its own.
        state = load_state(root / "states" / tenant.state) if layer is None else None
        off_by, off = (
            (state.name, state.disabled_articles) if state
            else (tenant.office, tenant.disabled_articles) if layer == tenant.id else ("", ())
        )
        for id in off:
            if sources.pop(id, None) or id in withheld:
                withheld[id] = f"{off_by} hat diesen Artikel abgeschaltet."
    return sources, withheld, paths


def _revised(revision: ArticleRevision) -> ArticleSource:
    if revision.withdrawn:
        raise KnowledgeError("Die Redaktion hat diesen Artikel zurückgezogen.")
    place = f"Die Fassung {revision.number} von {revision.id}"
    source = parse_source(revision.text, place=place)
    if source.id != revision.id:
        raise KnowledgeError(f"{place} nennt die id „{source.id}“.")
    return source


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
            if form.online:
                yield NextStep(kind, id, f"{form.name} online ausfüllen", form.online)
            yield NextStep(kind, id, form.name, form.url)
    for video in tenant.videos:
        if source.id in video.articles:
            yield NextStep("video", video.id, video.title, video.url)


def _euro(value: Decimal | int) -> str:
    return str(Quantity(Decimal(value), "euro"))


def _dative(value: Quantity) -> str:
    return value.dative


# Leichte Sprache wants every sentence on a line of its own, however the file wraps them.
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-ZÄÖÜ„])")

class _Sandbox(ImmutableSandboxedEnvironment):
    """Editors write placeholders in a browser: none may take the server's memory or time."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Powers, and texts or lists many times over, grow without bound."""
        if operator == "**" or not all(isinstance(side, (int, float, Decimal)) for side in (left, right)):
            raise SecurityError(f"„{operator}“ ist hier nicht erlaubt")
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """A text's own methods can blow it up (`ljust`); the filters below are enough."""
        return not isinstance(obj, str) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:
        """Not even the sandbox's own `format`: it pads to any width."""


# Output is Markdown, cleaned where it becomes HTML; escaping here would spoil it for chat and telephone.
_ENVIRONMENT = _Sandbox(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701
for _name in ("range", "lipsum", "cycler", "joiner"):
    del _ENVIRONMENT.globals[_name]
for _name in ("center", "format", "indent", "pprint", "wordwrap", "batch", "slice"):
    del _ENVIRONMENT.filters[_name]
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
