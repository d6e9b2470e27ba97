"""The queue of a tenant: order, places, honest waiting times, and telling everybody when it moves."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from api import clock
from api.conversations.models import Message
from api.database import emit
from api.handoff.models import Handoff
from api.languages.catalog import GERMAN, translated

# The estimate: mean of the latest waits, as long as there are enough of them and they are recent.
ESTIMATE_FROM = 20
ESTIMATE_AT_LEAST = 3
ESTIMATE_DAYS = 14

QUEUE_ORDER = (Handoff.urgent.desc(), Handoff.requested_at, Handoff.id)


def in_order(tenant: str) -> Select[str]:
    """Ids of the waiting handoffs in the order in which they are to be taken: urgent ones first."""
    return select(Handoff.id).where(Handoff.tenant == tenant, Handoff.state == "waiting").order_by(*QUEUE_ORDER)


def open_handoff(session: Session, conversation_id: str) -> Handoff | None:
    """The waiting or claimed handoff of a conversation."""
    return session.scalars(
        select(Handoff).where(
            Handoff.conversation_id == conversation_id, Handoff.state.in_(["waiting", "claimed"])
        )
    ).one_or_none()


def place_in_queue(session: Session, handoff: Handoff) -> tuple[int, int | None]:
    """Position among all who wait (urgent first), and the waiting time in minutes where experience tells one."""
    ids = session.scalars(in_order(handoff.tenant)).all()
    position = ids.index(handoff.id) + 1 if handoff.id in ids else len(ids) + 1
    return position, estimate_minutes(recent_waits(session, handoff.tenant), position)


def recent_waits(session: Session, tenant: str) -> list[timedelta]:
    """How long the latest people waited from their request until somebody took over."""
    rows = session.execute(
        select(Handoff.requested_at, Handoff.first_claimed_at)
        .where(Handoff.tenant == tenant, Handoff.first_claimed_at >= clock.now() - timedelta(days=ESTIMATE_DAYS))
        .order_by(Handoff.first_claimed_at.desc())
        .limit(ESTIMATE_FROM)
    )
    return [max(claimed - requested, timedelta(0)) for requested, claimed in rows if claimed is not None]


def estimate_minutes(waits: Sequence[timedelta], position: int) -> int | None:
    """Mean wait times position, rounded up; None where there is too little experience."""
    if len(waits) < ESTIMATE_AT_LEAST:
        return None
    mean = sum(waits, timedelta(0)) / len(waits)
    return max(1, math.ceil(mean * position / timedelta(minutes=1)))


def waiting_sentence(position: int, minutes: int | None, language: str = GERMAN) -> str:
    """What a waiting citizen is told."""
    if minutes is None:
        wait = translated("Wie lange es dauert, können wir noch nicht sagen.", language)
    elif minutes == 1:
        wait = translated("Es dauert etwa eine Minute.", language)
    else:
        wait = translated("Es dauert etwa {minutes} Minuten.", language, minutes=minutes)
    place = translated("Wir holen einen Menschen dazu. Sie sind an Platz {position}.", language, position=position)
    return f"{place} {wait}"


def waiting_words(position: int, minutes: int | None) -> str:
    """The same in a call."""
    if minutes is None:
        wait = ""
    elif minutes == 1:
        wait = " Es dauert etwa eine Minute."
    else:
        wait = f" Es dauert etwa {minutes} Minuten."
    return f"Ich hole einen Menschen dazu. Sie sind an Platz {position}.{wait} Bleiben Sie bitte am Apparat."


def unanswered_since(session: Session, handoffs: Sequence[Handoff]) -> dict[str, datetime]:
    """By handoff: since when the citizen waits for a reply (from the claim, or from their first words after one)."""
    found = {}
    for handoff in handoffs:
        if handoff.state != "claimed" or handoff.claimed_at is None:
            continue
        lines = session.execute(
            select(Message.role, Message.created_at)
            .where(Message.conversation_id == handoff.conversation_id, Message.created_at >= handoff.claimed_at)
            .where(Message.role.in_(["citizen", "caseworker"]))
            .order_by(Message.sequence)
        ).all()
        waiting: datetime | None = handoff.claimed_at
        for role, at in lines:
            waiting = None if role == "caseworker" else waiting or at
        if waiting is not None:
            found[handoff.id] = waiting
    return found


def announce(session: Session, handoff: Handoff, change: str) -> None:
    """Tell the desk, and everybody who waits their new place. Events name no citizen; readers fetch what they need."""
    emit(
        session,
        f"handoffs:{handoff.tenant}",
        {
            "type": "handoff",
            "data": {
                "id": handoff.id,
                "conversation": handoff.conversation_id,
                "state": handoff.state,
                "team": handoff.team,
                "urgent": handoff.urgent,
                "change": change,
            },
        },
    )
    if change == "noted":
        return
    session.flush()
    waits = recent_waits(session, handoff.tenant)
    queue = select(Handoff.id, Handoff.conversation_id).where(
        Handoff.tenant == handoff.tenant, Handoff.state == "waiting"
    )
    for position, (other, conversation_id) in enumerate(session.execute(queue.order_by(*QUEUE_ORDER)).all(), start=1):
        if other == handoff.id:  # told with its own change
            continue
        emit(
            session,
            f"conversation:{conversation_id}",
            {
                "type": "state",
                "data": {
                    "state": "waiting",
                    "position": position,
                    "estimated_wait_minutes": estimate_minutes(waits, position),
                },
            },
        )
