"""The editors' pages under `/console/wissen`: articles, drafts, history, questions nobody could answer, the law.

They call the same desk as the interface. Every page works without script; the script only shows the preview live.
"""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from api.accounts.service import SignedIn
from api.console import frame
from api.console.security import FRAGMENT_HEADER, KNOWLEDGE, Editor, FormEditor, PageRoute
from api.console.writing import (
    FACETS,
    ArticleForm,
    differences,
    form_of,
    in_words,
    layer_name,
    overview,
)
from api.dependencies import DatabaseDependency
from api.knowledge import desk, gaps, service
from api.knowledge.desk import EditorsDesk
from api.knowledge.editor_schemas import ArticleFields, ChangeGap, GapState, NewArticle, PreviewOut, Propose
from api.problems import FIELD_SENTENCES, Problem
from knowledge.articles import BASE
from knowledge.errors import KnowledgeError
from knowledge.law.store import LawStore, store_path

router = APIRouter(prefix=KNOWLEDGE, include_in_schema=False, route_class=PageRoute)

Layer = Annotated[str | None, Query(alias="ebene", max_length=60)]
FormLayer = Annotated[str | None, Form(alias="ebene", max_length=60)]
Note = Annotated[str, Form(max_length=4000)]
Number = Annotated[int, Form(ge=0)]
GAP_TABS: dict[GapState, str] = {
    "open": "Offen", "proposed": "Vorgeschlagen", "done": "Erledigt", "ignored": "Nicht für uns"
}  # fmt: skip

NO_LAW = (
    "Das Gesetz ist auf diesem Server noch nicht eingelesen. Die Betreuung des Systems kann das nachholen (make law)."
)


# ---- articles


@router.get("")
def articles(
    request: Request,
    found: Editor,
    q: Annotated[str, Query(max_length=200)] = "",
    stand: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """All articles of the tenant, with search and state."""
    at = desk.of(request, found.account, None)
    layers = service.editable_layers(found.account, request.app.state.settings)
    rows = overview(at, layers)
    return _page(
        request, found, "knowledge/articles.html", title="Wissen", rows=[row for row in rows if row.matches(q, stand)],
        total=len(rows), q=q, stand=stand,
    )


@router.get("/neu")
def new_article(request: Request, found: Editor, layer: Layer = None) -> HTMLResponse:
    """An empty form."""
    at = desk.of(request, found.account, layer)
    form = ArticleForm(valid_from=at.library.today.isoformat(), reviewed_by="Redaktion", facet="what")
    return _form(request, found, at, form, new=True)


@router.get("/artikel/{article_id}")
def edit_article(request: Request, article_id: str, found: Editor, layer: Layer = None) -> HTMLResponse:
    """The form with the draft, or with the text in effect."""
    at = desk.of(request, found.account, layer)
    source = at.source(article_id)
    return _form(request, found, at, form_of(source), origin=source.origin)


@router.post("/artikel")
def save_article(
    request: Request,
    found: FormEditor,
    form: Annotated[ArticleForm, Form()],
) -> Response:
    """Store the draft; where that is not possible, the form comes back with what was typed."""
    at = desk.of(request, found.account, form.ebene or None)
    try:
        fields = form.fields()
        if form.new:
            body = NewArticle.model_validate({**fields, "id": form.id, "note": form.note})
            saved = at.create(body.id, body.sent(), note=body.note)
        else:
            checked = ArticleFields.model_validate(fields)
            saved = at.change(form.id, checked.sent(), expected=form.revision, note=form.note.strip())
    except ValidationError as error:
        return _form(request, found, at, form, new=form.new, error=_sentence(error), status=422)
    except Problem as problem:
        return _form(request, found, at, form, new=form.new, error=problem.detail, status=problem.status)
    return _to(saved.article, "entwurf", at.layer)


@router.post("/vorschau")
def preview(request: Request, found: FormEditor, form: Annotated[ArticleForm, Form()]) -> Response:
    """The typed text as citizens would get it: a piece of the page for the script, else the whole form with it."""
    at = desk.of(request, found.account, form.ebene or None)
    seen, error = None, ""
    try:
        checked = ArticleFields.model_validate(form.fields())
        seen = at.preview(form.id or "neu", checked.sent(), form.trial_questions(), with_trials=bool(form.probe))
    except ValidationError as invalid:
        error = _sentence(invalid)
    except Problem as problem:
        error = problem.detail
    if request.headers.get(FRAGMENT_HEADER):
        return frame.part(request, found, "knowledge/preview.html", seen=seen, error=error)
    return _form(request, found, at, form, new=form.new, seen=seen, error=error)


# ---- drafts


@router.get("/entwuerfe")
def drafts(request: Request, found: Editor, database: DatabaseDependency) -> HTMLResponse:
    """What waits for a second person."""
    layers = service.editable_layers(found.account, request.app.state.settings)
    with database.read() as session:
        waiting = [service.draft_out(row, found.account) for row in service.list_drafts(session, layers)]
    return _page(request, found, "knowledge/drafts.html", title="Entwürfe", waiting=waiting)


@router.get("/artikel/{article_id}/entwurf")
def review(request: Request, article_id: str, found: Editor, layer: Layer = None) -> HTMLResponse:
    """A draft beside the text in effect, with findings and tried questions."""
    return _review(request, found, desk.of(request, found.account, layer), article_id)


@router.post("/artikel/{article_id}/freigeben")
def publish(
    request: Request,
    article_id: str,
    found: FormEditor,
    revision: Number = 0,
    layer: FormLayer = None,
    confirm: Annotated[bool, Form()] = False,
) -> Response:
    """Publish as a second person."""
    at = desk.of(request, found.account, layer)
    try:
        at.publish(article_id, number=revision, confirm=confirm)
    except Problem as problem:
        return _review(request, found, at, article_id, problem=problem)
    return _to(article_id, "verlauf", at.layer)


@router.post("/artikel/{article_id}/ablehnen")
def reject(
    request: Request, article_id: str, found: FormEditor, reason: Note = "", layer: FormLayer = None
) -> Response:
    """Send a draft back."""
    at = desk.of(request, found.account, layer)
    with at.database.write() as session:
        service.reject(
            session, account=found.account, layer=at.layer, article_id=article_id, reason=_needed(reason)
        )
    return RedirectResponse(f"{KNOWLEDGE}/entwuerfe", status_code=303)


# ---- history


@router.get("/artikel/{article_id}/verlauf")
def history(request: Request, article_id: str, found: Editor, layer: Layer = None) -> HTMLResponse:
    """All revisions, each with its difference to the one before, and the ways back."""
    at = desk.of(request, found.account, layer)
    with at.database.read() as session:
        rows = service.history(session, layer=at.layer, article_id=article_id)
        text, origin = at.in_effect(session, article_id)
        draft = service.find_draft(session, layer=at.layer, article_id=article_id)
    if not rows and not text:
        raise Problem(404, "unknown-article", "Diesen Artikel gibt es nicht.")
    file = at.text_of_file(article_id)
    before = {row.number: older.text for row, older in zip(rows, rows[1:], strict=False)}
    if rows:
        before[rows[-1].number] = file
    shown = [
        {
            "out": service.revision_out(row),
            "changes": differences(before[row.number], row.text),
            "may_return": row.state in {"replaced", "published"} and row.text != text,
        }
        for row in rows
    ]
    return _page(
        request, found, "knowledge/history.html", title="Verlauf", at=at, article_id=article_id, shown=shown,
        origin=origin, draft=draft, has_file=bool(file), heading=in_words(text, article_id),
    )


@router.post("/artikel/{article_id}/zuruecknehmen")
def withdraw(
    request: Request, article_id: str, found: FormEditor, reason: Note = "", layer: FormLayer = None
) -> Response:
    """Take an answer offline at once."""
    at = desk.of(request, found.account, layer)
    at.withdraw(article_id, reason=_needed(reason))
    return _to(article_id, "verlauf", at.layer)


@router.post("/artikel/{article_id}/zurueckholen")
def rollback(
    request: Request, article_id: str, found: FormEditor, revision: Number = 0, layer: FormLayer = None
) -> Response:
    """Make a draft of an old text."""
    at = desk.of(request, found.account, layer)
    at.rollback(article_id, revision)
    return _to(article_id, "entwurf", at.layer)


# ---- questions nobody could answer


@router.get("/luecken")
def gap_list(
    request: Request, found: Editor, database: DatabaseDependency, stand: GapState = "open"
) -> HTMLResponse:
    """The questions, the most frequent first."""
    with database.read() as session:
        rows = gaps.list_gaps(session, tenant=found.account.tenant, state=stand)
        counts = gaps.count_by_state(session, found.account.tenant)
        questions = len(gaps.test_questions(session, gaps.layers_seen_by(found.account.tenant)))
    return _page(
        request, found, "knowledge/gaps.html", title="Offene Fragen", gaps=rows, counts=counts, stand=stand,
        tabs=GAP_TABS, questions=questions,
    )


@router.post("/luecken/{gap_id}")
def change_gap(
    gap_id: str,
    found: FormEditor,
    database: DatabaseDependency,
    state: Annotated[str, Form(max_length=20)] = "",
    back: Annotated[str, Form(max_length=20)] = "open",
) -> Response:
    """Mark a question as done, not ours, or open again."""
    try:
        change = ChangeGap.model_validate({"state": state})
    except ValidationError as error:
        raise Problem(422, "invalid-input", _sentence(error)) from error
    with database.write() as session:
        gaps.change_gap(session, account=found.account, gap_id=gap_id, change=change)
    return RedirectResponse(f"{KNOWLEDGE}/luecken?stand={quote(back)}", status_code=303)


@router.post("/luecken/{gap_id}/loeschen")
def erase_gap(gap_id: str, found: FormEditor, database: DatabaseDependency) -> Response:
    """Erase a question that names a person after all."""
    with database.write() as session:
        gaps.erase(session, account=found.account, gap_id=gap_id)
    return RedirectResponse(f"{KNOWLEDGE}/luecken", status_code=303)


@router.get("/luecken/{gap_id}/vorschlag")
def proposal(request: Request, gap_id: str, found: Editor) -> HTMLResponse:
    """Where the question belongs: to an article there is, or to a new one."""
    return _proposal(request, found, gap_id)


@router.post("/luecken/{gap_id}/vorschlag")
def propose(
    request: Request,
    gap_id: str,
    found: FormEditor,
    kind: Annotated[str, Form(max_length=10)] = "",
    article: Annotated[str, Form(max_length=100)] = "",
    id: Annotated[str, Form(max_length=100)] = "",
    title: Annotated[str, Form(max_length=200)] = "",
    topic: Annotated[str, Form(max_length=60)] = "",
    question: Annotated[str, Form(max_length=300)] = "",
    layer: FormLayer = None,
) -> Response:
    """Make the draft; it opens in the form."""
    where = {"id": id.strip(), "title": title, "topic": topic} if kind == "new" else {"article": article.strip()}
    try:
        body = Propose.model_validate({**{name: value for name, value in where.items() if value}, "question": question})
        at = desk.of(request, found.account, layer or None)
        made = at.propose(gap_id, body)
    except ValidationError as error:
        return _proposal(request, found, gap_id, error=_sentence(error), typed=where, status=422)
    except Problem as problem:
        return _proposal(request, found, gap_id, error=problem.detail, typed=where, status=problem.status)
    return _to(made.draft.article, "", at.layer)


# ---- the law


@router.get("/recht")
def law(
    request: Request,
    found: Editor,
    q: Annotated[str, Query(max_length=200)] = "",
    gesetz: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """The wording behind a citation."""
    store = LawStore(store_path())
    laws, passages, trouble = [], [], "" if store.exists else NO_LAW
    try:
        laws = sorted(store.states()) if store.exists else []
        passages = store.search(q, law=gesetz if gesetz in laws else None, limit=15) if laws and q.strip() else []
    except KnowledgeError as error:
        trouble = str(error)
    return _page(
        request, found, "knowledge/law.html", title="Gesetz", q=q, gesetz=gesetz, laws=laws, passages=passages,
        trouble=trouble,
    )


# ---- within


def _page(request: Request, found: SignedIn, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    layers = service.editable_layers(found.account, request.app.state.settings)
    with request.app.state.database.read() as session:
        counts = {
            "drafts": len(service.list_drafts(session, layers)),
            "gaps": gaps.count_by_state(session, found.account.tenant).get("open", 0),
        }
    tenant = request.app.state.tenants[found.account.tenant]
    return frame.page(
        request, found, template, status=status, waiting_counts=counts, layers=layers, base=BASE,
        layer_name=lambda layer: layer_name(layer, tenant), **values,
    )


def _form(
    request: Request,
    found: SignedIn,
    at: EditorsDesk,
    form: ArticleForm,
    *,
    new: bool = False,
    origin: str = "",
    error: str = "",
    seen: PreviewOut | None = None,
    status: int = 200,
) -> HTMLResponse:
    topics = sorted({article.topic for article in at.library.articles.values()} | ({form.topic} - {""}))
    return _page(
        request, found, "knowledge/edit.html", title="Neuer Artikel" if new else "Artikel ändern", at=at, form=form,
        new=new, origin=origin, error=error, seen=seen, status=status, topics=topics, facets=FACETS,
    )


def _review(
    request: Request, found: SignedIn, at: EditorsDesk, article_id: str, *, problem: Problem | None = None
) -> HTMLResponse:
    with at.database.read() as session:
        row = service.get_draft(session, layer=at.layer, article_id=article_id)
        text, origin = at.in_effect(session, article_id)
    seen = at.review(article_id)
    return _page(
        request, found, "knowledge/review.html", title="Entwurf prüfen", at=at, draft=service.draft_out(row,
        found.account), changes=differences(text, row.text), origin=origin, seen=seen,
        failed=[trial for trial in seen.trials if not trial.found],
        errors=[finding for finding in seen.findings if finding.level == "error"],
        problem=problem, status=problem.status if problem else 200,
    )


def _proposal(
    request: Request,
    found: SignedIn,
    gap_id: str,
    *,
    error: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    at = desk.of(request, found.account, None)
    with at.database.read() as session:
        gap = gaps.gap_out(gaps.get_gap(session, tenant=found.account.tenant, gap_id=gap_id))
    near = at.library.search(gap.question, limit=5).hits
    offered = [(hit.article, hit.title) for hit in near]
    offered += [
        (article, known.title)
        for article in gap.offered
        if (known := at.library.article(article)) and article not in dict(offered)
    ]
    topics = sorted({article.topic for article in at.library.articles.values()})
    return _page(
        request, found, "knowledge/proposal.html", title="Artikel vorschlagen", gap=gap, near=offered, error=error,
        typed=typed or {}, topics=topics, status=status,
        articles=sorted((one.id, one.title) for one in at.library.articles.values()),
    )


def _to(article_id: str, page: str, layer: str) -> Response:
    path = f"{KNOWLEDGE}/artikel/{article_id}" + (f"/{page}" if page else "")
    return RedirectResponse(f"{path}?ebene={quote(layer)}", status_code=303)


def _needed(reason: str) -> str:
    if not reason.strip():
        raise Problem(422, "no-reason", "Bitte nennen Sie den Grund.")
    return reason.strip()


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    said = FIELD_SENTENCES.get(first["type"], "Bitte prüfen Sie Ihre Eingabe.")
    if first["type"] == "value_error":
        said = str(first.get("ctx", {}).get("error", said))
    elif first["type"] == "string_pattern_mismatch":
        said = "Hier sind nur Kleinbuchstaben, Ziffern und Bindestriche erlaubt."
    field = ArticleForm.LABELS.get(str(first["loc"][0]) if first["loc"] else "", "")
    sentence = said.format_map({"max_length": "", **(first.get("ctx") or {})})
    return f"{field}: {sentence}" if field else sentence


