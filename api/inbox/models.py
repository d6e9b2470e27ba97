"""Tables of what citizens leave for the desk. It was given to the job centre on purpose, so it outlives the chat."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, personal


class InboxItem(Base):
    """A message or callback request. `state`: new, in_progress, done."""

    __tablename__ = "inbox_item"
    __table_args__ = (Index("ix_inbox_item_tenant_state", "tenant", "state", "created_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    receipt: Mapped[str] = mapped_column(String(20), unique=True)
    tenant: Mapped[str] = mapped_column(String(60))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str | None] = personal(String(200))
    contact: Mapped[str | None] = personal(String(200))
    topic: Mapped[str | None] = mapped_column(String(100))
    team: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = personal(Text)
    preferred_time: Mapped[str | None] = personal(String(200))
    state: Mapped[str] = mapped_column(String(12), default="new")
    assigned_to: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    # Hash of sender and key: a repeated send gets the first receipt.
    idempotency_hash: Mapped[str | None] = mapped_column(String(64), unique=True)


class InboxSound(Base):
    """The sound of a message left by telephone, kept with the caller's consent; goes with its item."""

    __tablename__ = "inbox_sound"

    item_id: Mapped[str] = mapped_column(ForeignKey("inbox_item.id", ondelete="CASCADE"), primary_key=True)
    wav: Mapped[bytes] = personal(LargeBinary)
    created_at: Mapped[datetime]


class InboxNote(Base):
    """A note for colleagues; citizens never see it."""

    __tablename__ = "inbox_note"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    item_id: Mapped[str] = mapped_column(ForeignKey("inbox_item.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    author: Mapped[str] = personal(String(120))
    text: Mapped[str] = personal(Text)
    created_at: Mapped[datetime]
