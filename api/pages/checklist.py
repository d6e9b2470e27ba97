"""The printable checklist: a page without script, for anybody, with nothing in its address but the answers."""

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse

from api import clock
from api.dependencies import SettingsDependency, TenantDependency
from api.knowledge.checklists import ADDRESS, HINT, ChecklistAnswers, as_text, laws_of, mail_link
from api.pages.routes import page, private_headers

router = APIRouter(include_in_schema=False)

Chosen = Annotated[str, Query(max_length=60)]
# The page's own form: question, name in the address, and the words for each answer.
QUESTIONS = (
    ("occasion", "Wofür brauchen Sie die Liste?", ("Erster Antrag", "Verlängern", "Termin")),
    ("household", "Wer lebt mit Ihnen?", ("Niemand", "Partnerin oder Partner", "Kinder", "Partner und Kinder")),
    ("work", "Arbeiten Sie?", ("Nein", "Angestellt", "Selbständig")),
    ("housing", "Wie wohnen Sie?", ("Zur Miete", "Im Eigentum", "Bei den Eltern")),
)


def answers_of(
    tenant: TenantDependency,
    anlass: Chosen = "",
    leistung: Chosen = "",
    haushalt: Chosen = "",
    arbeit: Chosen = "",
    wohnen: Chosen = "",
) -> ChecklistAnswers:
    """What the address says; words it does not know count as not answered."""
    said = {"occasion": anlass, "household": haushalt, "work": arbeit, "housing": wohnen}
    known = {
        field: next((answer for answer, word in ADDRESS[field][1].items() if word == value), None)
        for field, value in said.items()
    }
    service = leistung if leistung in {entry.id for entry in tenant.services} else None
    if known["occasion"] != "appointment":
        service = None
    return ChecklistAnswers.model_validate({**known, "service": service})


Answers = Annotated[ChecklistAnswers, Depends(answers_of)]


@router.get("/checkliste")
def show(
    request: Request,
    tenant: TenantDependency,
    settings: SettingsDependency,
    answers: Answers,
) -> HTMLResponse:
    """What to bring, with boxes to tick, to print, to send and to change."""
    found = answers.of(tenant, laws_of(request))
    day, address = clock.today(), answers.address(tenant, settings.base_url)
    return page(
        "checklist.html",
        tenant,
        private=True,
        checklist=found,
        day=day,
        hint=HINT,
        questions=[_question(answers, *question) for question in QUESTIONS],
        services=[(entry.id, entry.name, entry.id == answers.service) for entry in tenant.services],
        asks_service=answers.occasion == "appointment",
        address=address,
        text_address=answers.address(tenant, "", path="/checkliste.txt"),
        mail=mail_link(found, tenant=tenant, day=day, address=address),
    )


@router.get("/checkliste.txt")
def download(
    request: Request,
    tenant: TenantDependency,
    settings: SettingsDependency,
    answers: Answers,
) -> PlainTextResponse:
    """The same list as a text file."""
    text = as_text(
        answers.of(tenant, laws_of(request)),
        tenant=tenant,
        day=clock.today(),
        address=answers.address(tenant, settings.base_url),
    )
    headers = {
        **private_headers(),
        "Content-Disposition": 'attachment; filename="checkliste.txt"',
        "X-Content-Type-Options": "nosniff",
    }
    return PlainTextResponse(text, headers=headers)


def _question(
    answers: ChecklistAnswers, field: str, question: str, words: tuple[str, ...]
) -> tuple[str, str, list[tuple[str, str, bool]]]:
    """Name in the address, the question, and its answers with the chosen one marked."""
    name, values = ADDRESS[field]
    chosen = cast("str | None", getattr(answers, field))
    options = [(word, title, answer == chosen) for (answer, word), title in zip(values.items(), words, strict=True)]
    return name, question, options
