"""Editors' calls: articles from draft to publication, and the questions nobody could answer."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import PlainTextResponse

from api.accounts.access import EditorAccount
from api.dependencies import DatabaseDependency
from api.knowledge import desk, gaps, service
from api.knowledge.editor_schemas import (
    ArticleId,
    ChangeArticle,
    ChangeGap,
    DraftOut,
    GapOut,
    GapState,
    NewArticle,
    NewTestQuestion,
    PreviewArticle,
    PreviewOut,
    ProposalOut,
    Propose,
    Publish,
    PublishedOut,
    Reject,
    RevisionOut,
    Rollback,
    SourceOut,
    TestQuestionOut,
    Withdraw,
)
from api.knowledge.models import Revision
from api.problems import Problem

router = APIRouter(prefix="/knowledge", tags=["Redaktion"])

LayerQuery = Annotated[
    str | None,
    Query(alias="layer", max_length=60, description="`base` or the id of one's own tenant, which is the default"),
]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40)]


# ---- articles


@router.post("/articles", status_code=201)
def create_article(
    request: Request, response: Response, body: NewArticle, account: EditorAccount, layer: LayerQuery = None
) -> RevisionOut:
    """A new article, as a draft that a second person publishes."""
    draft = desk.of(request, account, layer).create(body.id, body.sent(), note=body.note)
    return _tagged(response, draft)


@router.post("/articles/preview")
def preview_article(
    request: Request, body: PreviewArticle, account: EditorAccount, layer: LayerQuery = None
) -> PreviewOut:
    """How a text would look, what the check says, and how questions would be answered. Stores nothing."""
    return desk.of(request, account, layer).preview(body.id, body.sent(), body.trial_questions)


@router.put("/articles/{article_id}")
def change_article(
    request: Request,
    response: Response,
    article_id: ArticleId,
    body: ChangeArticle,
    account: EditorAccount,
    layer: LayerQuery = None,
    if_match: IfMatch = None,
) -> RevisionOut:
    """A change, as a draft. `revision` or `If-Match` says which text was changed; 409 or 412 if there is a newer."""
    expected, status = body.revision, 409
    if if_match is not None:
        expected, status = _number(if_match), 412
    if expected is None:
        raise Problem(422, "no-revision", "Bitte nennen Sie die Nummer der Fassung, die Sie geändert haben (revision).")
    draft = desk.of(request, account, layer).change(
        article_id, body.sent(), expected=expected, note=body.note, status=status
    )
    return _tagged(response, draft)


@router.get("/articles/{article_id}/source")
def article_source(
    request: Request, response: Response, article_id: ArticleId, account: EditorAccount, layer: LayerQuery = None
) -> SourceOut:
    """What an editor starts from: the draft, else the text in effect, with its placeholders."""
    source = desk.of(request, account, layer).source(article_id)
    response.headers["ETag"] = f'"{source.revision}"'
    return source


@router.post("/articles/{article_id}/publish")
def publish_article(
    request: Request,
    article_id: ArticleId,
    account: EditorAccount,
    body: Publish | None = None,
    layer: LayerQuery = None,
) -> PublishedOut:
    """Publish the draft, as a second person. Errors of the check refuse it; failing test questions need `confirm`."""
    body = body or Publish()
    return desk.of(request, account, layer).publish(article_id, number=body.revision, confirm=body.confirm)


@router.post("/articles/{article_id}/reject")
def reject_article(
    request: Request, article_id: ArticleId, body: Reject, account: EditorAccount, layer: LayerQuery = None
) -> RevisionOut:
    """Send the draft back, with the reason."""
    return _changed(request, account, layer, lambda at, session: service.reject(
        session, account=account, layer=at.layer, article_id=article_id, reason=body.reason
    ))


@router.post("/articles/{article_id}/withdraw")
def withdraw_article(
    request: Request, article_id: ArticleId, body: Withdraw, account: EditorAccount, layer: LayerQuery = None
) -> RevisionOut:
    """Take an answer offline at once. One person is enough: saying nothing is safe."""
    return desk.of(request, account, layer).withdraw(article_id, reason=body.reason)


@router.post("/articles/{article_id}/rollback", status_code=201)
def rollback_article(
    request: Request,
    response: Response,
    article_id: ArticleId,
    body: Rollback,
    account: EditorAccount,
    layer: LayerQuery = None,
) -> RevisionOut:
    """A draft of an old revision's text (0: the file), which a second person publishes."""
    return _tagged(response, desk.of(request, account, layer).rollback(article_id, body.revision, note=body.note))


@router.get("/articles/{article_id}/history")
def article_history(
    request: Request,
    article_id: ArticleId,
    account: EditorAccount,
    database: DatabaseDependency,
    layer: LayerQuery = None,
) -> list[RevisionOut]:
    """All revisions of an article in a layer, newest first."""
    at = desk.of(request, account, layer)
    with database.read() as session:
        return [
            service.revision_out(row)
            for row in service.history(session, layer=at.layer, article_id=article_id)
        ]


@router.get("/drafts")
def drafts(request: Request, account: EditorAccount, database: DatabaseDependency) -> list[DraftOut]:
    """What waits for a second person, oldest first."""
    layers = service.editable_layers(account, request.app.state.settings)
    with database.read() as session:
        return [service.draft_out(row, account) for row in service.list_drafts(session, layers)]


# ---- questions nobody could answer


@router.get("/gaps")
def list_gaps(
    account: EditorAccount,
    database: DatabaseDependency,
    state: GapState | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[GapOut]:
    """Questions without a good answer, the most frequent first."""
    with database.read() as session:
        return gaps.list_gaps(session, tenant=account.tenant, state=state, limit=limit, offset=offset)


@router.patch("/gaps/{gap_id}")
def change_gap(gap_id: str, body: ChangeGap, account: EditorAccount, database: DatabaseDependency) -> GapOut:
    """Mark as done or ignored, add a note."""
    with database.write() as session:
        return gaps.gap_out(gaps.change_gap(session, account=account, gap_id=gap_id, change=body))


@router.delete("/gaps/{gap_id}", status_code=204)
def erase_gap(gap_id: str, account: EditorAccount, database: DatabaseDependency) -> Response:
    """Erase a question that names a person after all."""
    with database.write() as session:
        gaps.erase(session, account=account, gap_id=gap_id)
    return Response(status_code=204)


@router.post("/gaps/{gap_id}/proposal", status_code=201)
def propose(
    request: Request, gap_id: str, body: Propose, account: EditorAccount, layer: LayerQuery = None
) -> ProposalOut:
    """Make a draft of the question, together with a test question."""
    return desk.of(request, account, layer).propose(gap_id, body)


# ---- test questions


@router.get(
    "/test-questions", response_class=PlainTextResponse, responses={200: {"content": {"application/x-ndjson": {}}}}
)
def list_test_questions(account: EditorAccount, database: DatabaseDependency) -> Response:
    """All test questions of the tenant's library, as JSON lines in the shape of `knowledge/evaluation/*.jsonl`."""
    with database.read() as session:
        rows = gaps.as_rows(gaps.test_questions(session, gaps.layers_seen_by(account.tenant)))
    lines = "".join(row.model_dump_json(by_alias=True) + "\n" for row in rows)
    return Response(lines, media_type="application/x-ndjson")


@router.post("/test-questions", status_code=201)
def add_test_question(
    request: Request, body: NewTestQuestion, account: EditorAccount, layer: LayerQuery = None
) -> TestQuestionOut:
    """A question that must be answered by an article, from now on before each publication."""
    at = desk.of(request, account, layer)
    with at.database.write() as session:
        row = gaps.add_test_question(
            session, account=account, layer=at.layer, question=body.question, article_id=body.article,
            register=body.register_,
        )
        return gaps.as_rows([row])[0]


# ---- within


def _changed(
    request: Request, account: EditorAccount, layer: str | None, change: Callable[..., Revision]
) -> RevisionOut:
    at = desk.of(request, account, layer)
    with at.database.write() as session:
        return service.revision_out(change(at, session))


def _tagged(response: Response, revision: RevisionOut) -> RevisionOut:
    response.headers["ETag"] = f'"{revision.revision}"'
    return revision


def _number(tag: str) -> int:
    number = tag.strip().removeprefix("W/").strip('"')
    if not number.isdecimal():
        raise Problem(412, "changed-meanwhile", "If-Match nennt keine Fassung. Bitte laden Sie den Artikel neu.")
    return int(number)
