"""Handoffs as the desk sees them: with names, places and local times."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import clock
from api.accounts.models import Account
from api.conversations.models import Conversation
from api.conversations.service import message_out, transcript
from api.handoff.models import Handoff, HandoffNote
from api.handoff.queue import QUEUE_ORDER, in_order, unanswered_since
from api.handoff.schemas import HandoffDetail, HandoffOut, NoteOut, PersonOut, SummaryOut


def list_handoffs(
    session: Session,
    *,
    tenant: str,
    state: str,
    team: str | None = None,
    claimed_by: str | None = None,
    limit: int = 100,
) -> list[HandoffOut]:
    """Handoffs of a tenant; waiting ones in the order in which they are to be taken, others newest first."""
    statement = select(Handoff).where(Handoff.tenant == tenant, Handoff.state == state)
    if team is not None:
        statement = statement.where(Handoff.team == team)
    if claimed_by is not None:
        statement = statement.where(Handoff.claimed_by == claimed_by)
    if state == "waiting":
        statement = statement.order_by(*QUEUE_ORDER)
    elif state == "claimed":
        statement = statement.order_by(Handoff.claimed_at.desc())
    else:
        statement = statement.order_by(func.coalesce(Handoff.closed_at, Handoff.requested_at).desc())
    found = list(session.scalars(statement.limit(limit)))
    return _shown(session, tenant, found)


def calls_put_through(session: Session, *, tenant: str, since: datetime) -> list[HandoffOut]:
    """Calls that went to an extension, newest first: whoever picked up finds there what was said before."""
    statement = (
        select(Handoff)
        .where(Handoff.tenant == tenant, Handoff.call_state == "through", Handoff.closed_at > since)
        .order_by(Handoff.closed_at.desc())
        .limit(20)
    )
    return _shown(session, tenant, list(session.scalars(statement)))


def handoff_detail(session: Session, handoff: Handoff) -> HandoffDetail:
    """Summary, collected fields, transcript and notes."""
    conversation = session.get_one(Conversation, handoff.conversation_id)
    notes = session.scalars(
        select(HandoffNote).where(HandoffNote.handoff_id == handoff.id).order_by(HandoffNote.created_at, HandoffNote.id)
    )
    return HandoffDetail.model_validate(
        {
            **_shown(session, handoff.tenant, [handoff])[0].model_dump(),
            "conversation_state": conversation.state,
            "caller": conversation.caller,
            "on_the_line": conversation.channel == "phone" and conversation.ended_at is None,
            "summary": SummaryOut(
                concern=handoff.summary.get("concern"),
                reason=handoff.reason,
                answers=handoff.summary.get("answers") or [],
            ),
            "collected": handoff.collected,
            "transcript": [message_out(line) for line in transcript(session, conversation)],
            "notes": [note_out(note) for note in notes],
        }
    )


def note_out(note: HandoffNote) -> NoteOut:
    """A note as colleagues see it."""
    return NoteOut(id=note.id, author=note.author, text=note.text, created_at=clock.local(note.created_at))


def _shown(session: Session, tenant: str, handoffs: Sequence[Handoff]) -> list[HandoffOut]:
    ids = {account_id for handoff in handoffs for account_id in (handoff.claimed_by, handoff.meant_for) if account_id}
    rows = session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all() if ids else []
    people = {account_id: PersonOut(id=account_id, name=name) for account_id, name in rows}
    conversations = session.scalars(
        select(Conversation).where(Conversation.id.in_([handoff.conversation_id for handoff in handoffs]))
    )
    channels = {conversation.id: conversation.channel for conversation in conversations}
    queue = session.scalars(in_order(tenant)).all() if any(h.state == "waiting" for h in handoffs) else []
    positions = {handoff_id: position for position, handoff_id in enumerate(queue, start=1)}
    unanswered = unanswered_since(session, handoffs)
    return [
        HandoffOut.model_validate(
            {
                "id": handoff.id,
                "conversation": handoff.conversation_id,
                "channel": channels.get(handoff.conversation_id, ""),
                "state": handoff.state,
                "team": handoff.team,
                "topic": handoff.topic,
                "urgent": handoff.urgent,
                "call_state": handoff.call_state,
                "site": handoff.site,
                "reason": handoff.reason,
                "concern": handoff.summary.get("concern"),
                "position": positions.get(handoff.id),
                "requested_at": clock.local(handoff.requested_at),
                "claimed_at": _local(handoff.claimed_at),
                "claimed_by": people.get(handoff.claimed_by or ""),
                "meant_for": people.get(handoff.meant_for or ""),
                "unanswered_since": _local(unanswered.get(handoff.id)),
                "first_reply_at": _local(handoff.first_reply_at),
                "closed_at": _local(handoff.closed_at),
            }
        )
        for handoff in handoffs
    ]


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else clock.local(moment)
