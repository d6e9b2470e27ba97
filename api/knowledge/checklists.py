"""The fitted checklist over HTTP, and how it is written as plain text for a mail or a file."""

from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from api import clock
from api.dependencies import SettingsDependency, TenantDependency, library_of
from api.knowledge.schemas import CitationOut
from api.problems import Problem
from knowledge.checklists.fitted import Answers, Checklist, Entry, Housing, Member, Occasion, Work, fit
from knowledge.laws import Laws
from knowledge.library import Library
from knowledge.tenants import Tenant
from knowledge.worked_example import Facts

router = APIRouter(prefix="/knowledge", tags=["Wissen"])

Household = Literal["alone", "partner", "children", "partner-children"]
MEMBERS: dict[str, frozenset[Member]] = {
    "alone": frozenset(),
    "partner": frozenset({"partner"}),
    "children": frozenset({"children"}),
    "partner-children": frozenset({"partner", "children"}),
}
# How the page's address names the answers: a person reads it.
ADDRESS = {
    "occasion": ("anlass", {"first": "erster-antrag", "renewal": "verlaengern", "appointment": "termin"}),
    "household": (
        "haushalt",
        {"alone": "allein", "partner": "partner", "children": "kinder", "partner-children": "partner-kinder"},
    ),
    "work": ("arbeit", {"none": "keine", "employed": "angestellt", "self_employed": "selbstaendig"}),
    "housing": ("wohnen", {"rent": "miete", "own": "eigentum", "parents": "eltern"}),
}
LONGEST_MAIL = 1600  # characters of an encoded body that every mail program still takes
HINT = "Fehlt etwas? Stellen Sie den Antrag trotzdem sofort und reichen Sie es nach."


class ChecklistAnswers(BaseModel):
    """What was answered; left out is not known."""

    occasion: Occasion | None = None
    service: str | None = None
    household: Household | None = None
    work: Work | None = None
    housing: Housing | None = None

    def of(self, tenant: Tenant, laws: Laws) -> Checklist:
        """The checklist; a 404 problem for a service the municipality does not have."""
        if self.service is not None and self.service not in {service.id for service in tenant.services}:
            raise Problem(404, "unknown-service", "Dieses Anliegen gibt es hier nicht.")
        answers = Answers(
            occasion=self.occasion,
            household=MEMBERS[self.household] if self.household else None,
            work=self.work,
            housing=self.housing,
        )
        return fit(answers, tenant=tenant, laws=laws, service=self.service)

    def address(self, tenant: Tenant, base_url: str, *, path: str = "/checkliste") -> str:
        """The page with these answers, and nothing else about anybody, in its address."""
        named = {name: values[answer] for field, (name, values) in ADDRESS.items() if (answer := getattr(self, field))}
        service = {"leistung": self.service} if self.service else {}
        return f"{base_url}{path}?{urlencode({**named, **service, 'tenant': tenant.id})}"


class FormOut(BaseModel):
    """A form of the municipality, to print and where there is one online."""

    id: str
    title: str
    url: str
    online: str | None


class EntryOut(BaseModel):
    """One thing to bring. `when`: only under these conditions, "falls …"."""

    id: str
    text: str
    when: list[str]
    why: str | None
    citation: CitationOut | None
    article: str | None
    form: FormOut | None

    @classmethod
    def of(cls, entry: Entry, library: Library) -> Self:
        """From the knowledge's own type; an article that is not served here is not named."""
        form = entry.form
        return cls(
            id=entry.id,
            text=entry.text,
            when=list(entry.when),
            why=entry.why,
            citation=CitationOut.of(entry.citation) if entry.citation else None,
            article=entry.article if entry.article in library.articles else None,
            form=FormOut(id=form.id, title=form.name, url=form.url, online=form.online) if form else None,
        )


class GroupOut(BaseModel):
    """Things that belong together, under a heading."""

    id: str
    title: str
    items: list[EntryOut]


class ChecklistOut(BaseModel):
    """A checklist as of a day. `more`: how many things are on the page and not here."""

    day: date
    groups: list[GroupOut]
    more: int
    page_url: str
    text_url: str
    hint: str


@router.get("/checklist")
def checklist(
    request: Request,
    tenant: TenantDependency,
    settings: SettingsDependency,
    occasion: Occasion | None = None,
    service: Annotated[str | None, Query(max_length=60)] = None,
    household: Household | None = None,
    work: Work | None = None,
    housing: Housing | None = None,
    limit: Annotated[int | None, Query(ge=1, le=50)] = None,
) -> ChecklistOut:
    """What to bring, fitted to the answers; what is left out is not known and stays in the list with "falls …".

    `service`: what the appointment is for. `limit`: at most so many things, the most needed ones.
    """
    answers = ChecklistAnswers(occasion=occasion, service=service, household=household, work=work, housing=housing)
    library = library_of(request, tenant.id)
    whole = answers.of(tenant, laws_of(request))
    shown = whole.most_needed(limit) if limit else whole
    return ChecklistOut(
        day=clock.today(),
        groups=[
            GroupOut(id=id, title=title, items=[EntryOut.of(entry, library) for entry in shown.of(id)])
            for id, title in shown.groups.items()
        ],
        more=len(whole.entries) - len(shown.entries),
        page_url=answers.address(tenant, settings.base_url),
        text_url=answers.address(tenant, settings.base_url, path="/checkliste.txt"),
        hint=HINT,
    )


def laws_of(request: Request) -> Laws:
    """The laws that are cited."""
    return Facts.on(request.app.state.libraries.root, clock.today()).laws


def as_text(found: Checklist, *, tenant: Tenant, day: date, address: str, sources: bool = True) -> str:
    """The checklist for a mail or a file: boxes to tick, sources, date."""
    lines = ["Was Sie mitbringen", tenant.office, ""]
    for group, title in found.groups.items():
        lines += [title, ""]
        for entry in found.of(group):
            lines.append(f"[ ] {entry.text}{conditions(entry)}")
            if sources and entry.form:
                lines.append(f"    Formular: {entry.form.name}, {entry.form.url}")
            if sources and entry.citation:
                lines.append(f"    Quelle: {entry.citation.label}")
        lines.append("")
    return "\r\n".join([*lines, HINT, "", address, f"Stand: {day:%d.%m.%Y}", ""])


def conditions(entry: Entry) -> str:
    """` (falls …)`, or nothing."""
    return f" ({', '.join(entry.when)})" if entry.when else ""


def mail_link(found: Checklist, *, tenant: Tenant, day: date, address: str) -> str:
    """A `mailto:` link with the list in it; with its address only, where the list is too long for some programs."""
    body = as_text(found, tenant=tenant, day=day, address=address, sources=False)
    if len(quote(body)) > LONGEST_MAIL:
        body = f"Was Sie mitbringen\r\n{tenant.office}\r\n\r\n{address}\r\n"
    return f"mailto:?subject={quote('Checkliste: Was Sie mitbringen')}&body={quote(body)}"
