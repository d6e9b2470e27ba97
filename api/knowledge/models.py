"""Tables of editors' work: revisions of articles, test questions, and the questions nobody could answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from api.database import Base, personal

_ONE_DRAFT = text("state = 'draft'")
_ONE_IN_EFFECT = text("state IN ('published', 'withdrawn')")


class Revision(Base):
    """One text of an article in one layer (`base` or a tenant). Its text never changes; a change is a new revision.

    `state`: draft (waits for a second person), published or withdrawn (in effect: at most one of them an article),
    replaced (by a later one), rejected. `writers`: accounts whose words stand in it; none of them may publish it.
    """

    __tablename__ = "knowledge_revision"
    __table_args__ = (
        UniqueConstraint("layer", "article_id", "number"),
        Index("ix_knowledge_revision_one_draft", "layer", "article_id", unique=True,
              sqlite_where=_ONE_DRAFT, postgresql_where=_ONE_DRAFT),
        Index("ix_knowledge_revision_one_in_effect", "layer", "article_id", unique=True,
              sqlite_where=_ONE_IN_EFFECT, postgresql_where=_ONE_IN_EFFECT),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    layer: Mapped[str] = mapped_column(String(60))
    article_id: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), index=True)
    text: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    author: Mapped[str] = personal(String(120))
    writers: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    # Who published, rejected or withdrew it, when, and why.
    decided_by_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    decided_by: Mapped[str | None] = personal(String(120))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")


class KnowledgeState(Base):
    """One row: how often the published knowledge has changed. Its lock puts publications in order."""

    __tablename__ = "knowledge_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    changes: Mapped[int] = mapped_column(default=0)


class Gap(Base):
    """A citizens' question that was not answered, or not helpfully; the same question is one row with a count.

    `state`: open, proposed (a draft was made of it), done, ignored. `reason`: unanswered or unhelpful.
    """

    __tablename__ = "knowledge_gap"
    __table_args__ = (UniqueConstraint("tenant", "question_hash"), Index("ix_knowledge_gap_list", "tenant", "state"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = personal(Text)
    question_hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(12))
    offered: Mapped[list[Any]] = mapped_column(default=list)
    times: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10), default="open")
    article_id: Mapped[str | None] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text, default="")
    first_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(index=True)


class GapOccurrence(Base):
    """That one citizen's message led to a gap: counted once, and taken back when the citizen erases the conversation.

    When the conversation's own retention ends, the link goes and the count stays.
    """

    __tablename__ = "knowledge_gap_occurrence"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    gap_id: Mapped[str] = mapped_column(ForeignKey("knowledge_gap.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id", ondelete="SET NULL"), index=True)
    message_id: Mapped[str] = mapped_column(String(36), unique=True)
    reason: Mapped[str] = mapped_column(String(12))


class TestQuestion(Base):
    """A question with the article that must answer it, tried before each publication. `layer` as in `Revision`."""

    __tablename__ = "knowledge_test_question"
    __table_args__ = (UniqueConstraint("layer", "question_hash"),)
    __test__ = False  # pytest: not a class of tests

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    layer: Mapped[str] = mapped_column(String(60))
    question: Mapped[str] = mapped_column(Text)
    question_hash: Mapped[str] = mapped_column(String(64))
    article_id: Mapped[str] = mapped_column(String(100), index=True)
    register: Mapped[str] = mapped_column(String(12))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("account.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
