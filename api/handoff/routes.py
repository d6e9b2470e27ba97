"""Handoff calls: the citizen's request, and the desk's queue and live chat."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse

from api.accounts.access import DeskAccount, SignedInDependency, require
from api.accounts.service import DESK_ROLES, SignedIn, find_session, may
from api.conversations.schemas import MessageOut
from api.conversations.service import message_out, open_conversation
from api.database import Database
from api.dependencies import BearerDependency, DatabaseDependency, SettingsDependency, library_of, tenant_of
from api.handoff import presentation, service
from api.handoff.live import event_stream
from api.handoff.models import Handoff
from api.handoff.schemas import (
    HandoffDetail,
    HandoffOut,
    HandoffQueued,
    HandoffState,
    HandoffUnavailable,
    NoteOut,
    RequestHandoff,
    TransferHandoff,
    WriteText,
)

router = APIRouter(prefix="/handoffs", tags=["Übergabe an Menschen"], dependencies=[Depends(require(*DESK_ROLES))])
conversation_router = APIRouter(prefix="/conversations", tags=["Übergabe an Menschen"])

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=80)]


@conversation_router.post("/{conversation_id}/handoff")
def request_handoff(
    request: Request,
    conversation_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
    body: RequestHandoff | None = None,
) -> HandoffQueued | HandoffUnavailable:
    """Ask for a person. Within service hours the citizen is queued; otherwise the answer says why not."""
    body = body or RequestHandoff()
    with database.write() as session:
        conversation = open_conversation(session, conversation_id, token, settings)
        return service.request_handoff(
            session,
            conversation,
            tenant=tenant_of(request, conversation.tenant),
            reason=body.reason,
            topic=body.topic or None,
            site=body.site or None,
            urgent=body.urgent,
            collected=body.collected,
            title_of=article_titles(request, conversation.tenant),
        )


@conversation_router.delete("/{conversation_id}/handoff", status_code=204)
def withdraw(
    conversation_id: str, database: DatabaseDependency, settings: SettingsDependency, token: BearerDependency
) -> Response:
    """Take the request back."""
    with database.write() as session:
        service.withdraw(session, open_conversation(session, conversation_id, token, settings))
    return Response(status_code=204)


@router.get("")
def list_handoffs(
    account: DeskAccount,
    database: DatabaseDependency,
    state: HandoffState = "waiting",
    team: Annotated[str | None, Query(max_length=60)] = None,
    mine: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[HandoffOut]:
    """The queue, urgent ones first; or handoffs in another state."""
    with database.read() as session:
        return presentation.list_handoffs(
            session,
            tenant=account.tenant,
            state=state,
            team=team,
            claimed_by=account.id if mine else None,
            limit=limit,
        )


@router.get("/events")
async def queue_events(found: SignedInDependency, database: DatabaseDependency) -> EventSourceResponse:
    """Live: `handoff` (something changed in the queue) and `inbox` (a message came or changed)."""
    return event_stream(
        database.events,
        f"handoffs:{found.account.tenant}",
        still_allowed=still_at_desk(database, found),
        first={"type": "ready", "data": {}},
    )


@router.get("/{handoff_id}")
def read_handoff(handoff_id: str, account: DeskAccount, database: DatabaseDependency) -> HandoffDetail:
    """Summary, transcript, collected fields, notes."""
    with database.read() as session:
        return presentation.handoff_detail(
            session, service.get_handoff(session, tenant=account.tenant, handoff_id=handoff_id)
        )


@router.get("/{handoff_id}/events")
async def handoff_events(
    handoff_id: str, found: SignedInDependency, database: DatabaseDependency
) -> EventSourceResponse:
    """Live events of the conversation: `message`, `state`, `typing`."""

    def conversation() -> str:
        with database.read() as session:
            return service.get_handoff(session, tenant=found.account.tenant, handoff_id=handoff_id).conversation_id

    return event_stream(
        database.events,
        f"conversation:{await run_in_threadpool(conversation)}",
        still_allowed=still_at_desk(database, found),
        first={"type": "ready", "data": {}},
    )


@router.post("/{handoff_id}/claim")
def claim(handoff_id: str, account: DeskAccount, database: DatabaseDependency) -> HandoffDetail:
    """Take over; 409 names who was first."""
    with database.write() as session:
        return _detail(session, service.claim(session, handoff_id=handoff_id, account=account))


@router.post("/{handoff_id}/messages", status_code=201)
def reply(
    handoff_id: str, body: WriteText, account: DeskAccount, database: DatabaseDependency, key: IdempotencyKey = None
) -> MessageOut:
    """Write to the citizen; only who holds the conversation may."""
    with database.write() as session:
        return message_out(
            service.reply(session, handoff_id=handoff_id, account=account, text=body.text, idempotency_key=key)
        )


@router.post("/{handoff_id}/notes", status_code=201)
def add_note(handoff_id: str, body: WriteText, account: DeskAccount, database: DatabaseDependency) -> NoteOut:
    """A note for colleagues; the citizen never sees it."""
    with database.write() as session:
        return presentation.note_out(service.add_note(session, handoff_id=handoff_id, account=account, text=body.text))


@router.post("/{handoff_id}/transfer")
def transfer(
    request: Request, handoff_id: str, body: TransferHandoff, account: DeskAccount, database: DatabaseDependency
) -> HandoffDetail:
    """Pass on to another team or person, with a note."""
    with database.write() as session:
        return _detail(
            session,
            service.transfer(
                session,
                handoff_id=handoff_id,
                account=account,
                tenant=tenant_of(request, account.tenant),
                target=body,
            ),
        )


@router.post("/{handoff_id}/release")
def release(handoff_id: str, account: DeskAccount, database: DatabaseDependency) -> HandoffDetail:
    """Give the conversation back to the dialogue."""
    with database.write() as session:
        return _detail(session, service.release(session, handoff_id=handoff_id, account=account))


@router.post("/{handoff_id}/close")
def close(handoff_id: str, account: DeskAccount, database: DatabaseDependency) -> HandoffDetail:
    """End the conversation."""
    with database.write() as session:
        return _detail(session, service.close(session, handoff_id=handoff_id, account=account))


@router.post("/{handoff_id}/typing", status_code=204)
def typing(handoff_id: str, account: DeskAccount, database: DatabaseDependency) -> Response:
    """Show the citizen that somebody is writing; readers let the sign end by itself after some seconds."""
    with database.read() as session:
        conversation = service.held_conversation(session, handoff_id=handoff_id, account=account)
    database.events.publish(
        f"conversation:{conversation}", {"type": "typing", "data": {"role": "caseworker", "active": True}}
    )
    return Response(status_code=204)


def still_at_desk(database: Database, found: SignedIn) -> Callable[[], bool]:
    """Whether the session still lives and may be here; asking also counts as being present."""

    def check() -> bool:
        again = find_session(database, found.token)
        return again is not None and may(again.account, DESK_ROLES)

    return check


def _detail(session: Session, handoff: Handoff) -> HandoffDetail:
    session.flush()
    return presentation.handoff_detail(session, handoff)


def article_titles(request: Request, tenant: str) -> Callable[[str], str | None]:
    """The titles of a tenant's articles by their ids."""
    library = library_of(request, tenant)

    def title(article_id: str) -> str | None:
        article = library.article(article_id)
        return article.title if article else None

    return title
