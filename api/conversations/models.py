"""Tables of conversations. Nothing here needs a citizen's name: a conversation is anonymous until they say more."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.database import Base, personal


class Conversation(Base):
    """One citizen's talk with Lotse, on one channel. `state`: bot, waiting, human, closed."""

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(60), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10), default="de")
    # Whether the citizen chose it; otherwise it follows what they write.
    language_chosen: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="bot")
    token_hash: Mapped[str] = mapped_column(String(64))
    # What the hub itself asked while the dialogue was away; None otherwise.
    pending_question: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime] = mapped_column(index=True)
    # A call: the number it comes from (E.164) where the exchange told it, and whether its line can be put through.
    caller: Mapped[str | None] = personal(String(20))
    can_transfer: Mapped[bool] = mapped_column(default=False)
    # Whether the caller agreed that the text outlives the call; None where nobody asked.
    keep_text: Mapped[bool | None]
    ended_at: Mapped[datetime | None]
    wiped_at: Mapped[datetime | None]

    messages: Mapped[list["Message"]] = relationship(
        back_populates="conversation", order_by="Message.sequence", cascade="all, delete-orphan", passive_deletes=True
    )


class Message(Base):
    """One line of the transcript, as `Message` in the public interface. `sequence` orders and numbers events."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "idempotency_key"),
        Index("ix_message_conversation_id_sequence", "conversation_id", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = personal(Text)
    spoken: Mapped[str | None] = personal(Text)
    citations: Mapped[list[Any]] = mapped_column(default=list)
    choices: Mapped[list[Any]] = mapped_column(default=list)
    article: Mapped[str | None] = mapped_column(String(100))
    confidence: Mapped[float | None]
    data: Mapped[dict[str, Any] | None] = personal()
    created_at: Mapped[datetime]
    # A citizen's message: the key of the send (a repeated send is answered, not repeated) and when its turn ended.
    idempotency_key: Mapped[str | None] = mapped_column(String(80))
    answered_at: Mapped[datetime | None]
    # A reply: the citizen's message it answers.
    reply_to: Mapped[str | None] = mapped_column(String(36), index=True)

    conversation: Mapped[Conversation] = relationship(back_populates="messages")


class Feedback(Base):
    """What a citizen thought of one reply; the last word counts."""

    __tablename__ = "feedback"

    message_id: Mapped[str] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    helpful: Mapped[bool]
    comment: Mapped[str | None] = personal(Text)
    created_at: Mapped[datetime]
