"""Tables of handoffs. They go with their conversation: erasing it erases what was collected for the caseworker."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, personal

OPEN = "state IN ('waiting', 'claimed')"


class Handoff(Base):
    """One request for a person.

    `state`: waiting, claimed, closed (conversation ended), released (back to the bot), withdrawn (by the citizen or
    at the end of service), missed (nobody was there: never queued, kept to know how often and why).
    """

    __tablename__ = "handoff"
    __table_args__ = (
        # One open handoff a conversation, whoever asks at the same moment.
        Index("uq_handoff_open", "conversation_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_handoff_tenant_state", "tenant", "state"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), index=True)
    tenant: Mapped[str] = mapped_column(String(60))
    team: Mapped[str] = mapped_column(String(60))
    topic: Mapped[str | None] = mapped_column(String(100))
    urgent: Mapped[bool] = mapped_column(default=False)
    # A call's way to an extension: ringing, through, failed; None while nobody puts it through.
    call_state: Mapped[str | None] = mapped_column(String(10))
    site: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(200))
    missed_reason: Mapped[str | None] = mapped_column(String(20))
    summary: Mapped[dict[str, Any]] = personal(default=dict)
    collected: Mapped[dict[str, Any]] = personal(default=dict)
    state: Mapped[str] = mapped_column(String(12))
    # Waiting is measured from the request, also for somebody who was passed on or put back.
    requested_at: Mapped[datetime]
    first_claimed_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    # A transfer to one person; others may still take it, so that nobody waits for somebody who is away.
    meant_for: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    first_reply_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class HandoffNote(Base):
    """A caseworker's note for colleagues; citizens never see it."""

    __tablename__ = "handoff_note"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoff.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    author: Mapped[str] = personal(String(120))
    text: Mapped[str] = personal(Text)
    created_at: Mapped[datetime]
