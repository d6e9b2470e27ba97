"""What editors have published, as the library takes it over: read by every process, four times a second."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api.database import emit
from api.knowledge.models import KnowledgeState, Revision
from knowledge.articles import ArticleRevision

CHANNEL = "knowledge"
IN_EFFECT = ("published", "withdrawn")


def changes(session: Session) -> int:
    """How often the published knowledge has changed."""
    return session.scalars(select(KnowledgeState.changes)).one()


def count_change(session: Session) -> None:
    """Tell every process, after the commit, that there is something new.

    The row stays locked until then: of two publications at once, nobody can see the second number without the first.
    """
    session.execute(update(KnowledgeState).values(changes=KnowledgeState.changes + 1))
    emit(session, CHANNEL, {"type": "published", "data": {}})


def published(session: Session) -> tuple[ArticleRevision, ...]:
    """All revisions in effect, in a fixed order."""
    rows = session.scalars(
        select(Revision).where(Revision.state.in_(IN_EFFECT)).order_by(Revision.layer, Revision.article_id)
    )
    return tuple(as_revision(row) for row in rows)


def as_revision(row: Revision) -> ArticleRevision:
    """A stored revision in the form that the library reads."""
    return ArticleRevision(
        layer=row.layer, id=row.article_id, number=row.number, text=row.text, withdrawn=row.state == "withdrawn"
    )
