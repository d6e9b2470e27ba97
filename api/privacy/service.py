"""Erasure: on the citizen's wish and when the retention period is over, in our tables and in the dialogue's."""

from datetime import timedelta

from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from api import clock
from api.conversations.models import Conversation

# Tables that Rasa's tracker store keeps in the same database, by the column that holds the conversation.
DIALOGUE_TABLE = "events"


def erase_conversation(session: Session, conversation: Conversation) -> None:
    """Delete the transcript, what hangs on it, and the dialogue's memory of it.

    Appointments and messages to the job centre stay: the citizen gave them to the job centre on purpose; they only
    lose the link to the conversation.
    """
    forget_dialogue(session, conversation.id)
    session.delete(conversation)


def forget_dialogue(session: Session, conversation_id: str) -> None:
    """Delete what the dialogue remembers of a conversation."""
    if inspect(session.connection()).has_table(DIALOGUE_TABLE):
        session.execute(
            text(f"DELETE FROM {DIALOGUE_TABLE} WHERE sender_id = :id"),  # noqa: S608  (a constant)
            {"id": conversation_id},
        )


def erase_expired(session: Session, *, retention_days: int, limit: int = 200) -> int:
    """Erase idle conversations past the retention period; returns how many."""
    expired = session.scalars(
        select(Conversation)
        .where(Conversation.updated_at < clock.now() - timedelta(days=retention_days))
        .where(Conversation.state.in_(["bot", "closed"]))
        .limit(limit)
    ).all()
    for conversation in expired:
        erase_conversation(session, conversation)
    return len(expired)
