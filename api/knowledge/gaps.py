"""Questions nobody could answer: noted without personal data, counted, and turned into drafts with a test question.

Noted is only what a citizen typed as a question to the dialogue. Never noted: anything in a conversation in which an
emergency came up, answers to a form's questions (names, contacts), and what is said to a person.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

import yaml
from sqlalchemy import delete, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.accounts import audit
from api.accounts.models import Account
from api.conversations.models import Conversation, Message
from api.identifiers import new_id, token_hash
from api.knowledge.editor_schemas import LONGEST_LINE, ChangeGap, GapOut, TestQuestionOut
from api.knowledge.models import Gap, GapOccurrence, TestQuestion
from api.knowledge.personal import without_personal_data
from api.problems import Problem
from api.settings import ROOT
from knowledge.articles import BASE
from knowledge.evaluation.rows import normalised

UNANSWERED, UNHELPFUL = "unanswered", "unhelpful"
ASK_ARTICLE = "/ask_article{"
NONE_OF_THESE = "/deny"
# Kinds of replies after which, or with which, a text is an answer to the dialogue and no question to the knowledge.
WITHIN_FORM = ("form", "appointment", "message_receipt", "handoff")
FEWEST_LETTERS = 3
# Emergencies are named once, where the dialogue recognises them; here they are read as data.
EMERGENCIES = ROOT / "bot" / "nlu" / "urgent_phrases.yml"
_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


# ---- noting


def note_unanswered(session: Session, *, message_id: str) -> None:
    """After a turn: note what had no answer, or only choices of which none was meant."""
    message = _message(session, message_id)
    if message is None:
        return
    if (message.data or {}).get("payload") == NONE_OF_THESE:
        offer = _said_before(session, message)
        question = _message(session, offer.reply_to) if offer and offer.kind == "clarify" else None
        if offer and question:
            _note(session, question, [offer], UNANSWERED, offered=_offered(offer))
        return
    replies = list(session.scalars(select(Message).where(Message.reply_to == message_id)))
    if any(reply.kind == "abstain" for reply in replies):
        _note(session, message, replies, UNANSWERED, offered=())


def note_feedback(session: Session, conversation: Conversation, *, message_id: str, helpful: bool) -> None:
    """After a rating: note the question behind a reply that did not help, or take that back."""
    reply = session.scalars(
        select(Message).where(Message.id == message_id, Message.conversation_id == conversation.id)
    ).one_or_none()
    if reply is None or reply.role != "bot" or reply.kind not in {"answer", "clarify", "abstain"}:
        return
    question = _question_behind(session, reply)
    if question is None:
        return
    if helpful:
        _take_back(session, question.id)
        return
    replies = list(session.scalars(select(Message).where(Message.reply_to == question.id)))
    _note(session, question, replies, UNHELPFUL, offered=_offered(reply))


def forget(session: Session, conversation_id: str) -> None:
    """The citizen erases the conversation: what it alone led to goes, what others asked too counts one less."""
    rows = session.scalars(select(GapOccurrence).where(GapOccurrence.conversation_id == conversation_id)).all()
    for row in rows:
        _remove(session, row)


def erase_expired(session: Session, *, retention_days: int) -> int:
    """Erase questions nobody asked within the retention period; returns how many."""
    limit = clock.now() - timedelta(days=retention_days)
    expired = list(session.scalars(select(Gap.id).where(Gap.last_at < limit)))
    session.execute(delete(Gap).where(Gap.id.in_(expired)))
    return len(expired)


def _note(
    session: Session, message: Message, replies: Sequence[Message], reason: str, *, offered: Sequence[str]
) -> None:
    if (message.data or {}).get("payload") or not _is_question(session, message, replies):
        return
    text = without_personal_data(message.text)[: LONGEST_LINE * 3]
    key = question_hash(text)
    if len(re.findall(r"[^\W\d_]", text)) < FEWEST_LETTERS:
        return
    known = session.scalars(select(GapOccurrence).where(GapOccurrence.message_id == message.id)).one_or_none()
    conversation = session.get_one(Conversation, message.conversation_id)
    gap = _find(session, conversation.tenant, key)
    moment = clock.now()
    if gap is None:
        gap = Gap(
            id=new_id(), tenant=conversation.tenant, question=text, question_hash=key, channel=conversation.channel,
            reason=reason, offered=list(offered), times=0, state="open", note="", first_at=moment, last_at=moment,
        )
        try:
            with session.begin_nested():
                session.add(gap)
        except IntegrityError:  # somebody asked the same at the same moment
            gap = _find(session, conversation.tenant, key)
            if gap is None:
                raise
    if known is not None:  # first unanswered, then rated too: one occurrence, with the stronger reason
        known.reason = gap.reason = reason
        return
    session.add(GapOccurrence(
        id=new_id(), gap_id=gap.id, conversation_id=conversation.id, message_id=message.id, reason=reason
    ))
    gap.times = Gap.times + 1
    gap.last_at = moment
    gap.offered = [*dict.fromkeys([*gap.offered, *offered])]
    if reason == UNHELPFUL:
        gap.reason = reason
    if gap.state == "done":  # it was answered, and still somebody was not helped
        gap.state = "open"
    session.flush()


def _is_question(session: Session, message: Message, replies: Sequence[Message]) -> bool:
    """Whether a typed text was a question to the knowledge; in doubt it was not."""
    if message.role != "citizen" or is_emergency(message.text):
        return False
    if any(reply.kind in (*WITHIN_FORM, "crisis") for reply in replies):
        return False
    crisis = select(Message.id).where(Message.conversation_id == message.conversation_id, Message.kind == "crisis")
    if session.scalar(select(exists(crisis))):
        return False
    before = _said_before(session, message)
    return before is None or before.kind not in WITHIN_FORM


def _question_behind(session: Session, reply: Message) -> Message | None:
    """What the citizen typed to get this reply; behind a pressed choice stands the question that led to it."""
    asked = _message(session, reply.reply_to)
    if asked is None or not str((asked.data or {}).get("payload", "")).startswith(ASK_ARTICLE):
        return asked
    offer = _said_before(session, asked)
    if offer is None or offer.kind != "clarify":  # a next step under an answer: the citizen changed the subject
        return None
    return _message(session, offer.reply_to)


def _said_before(session: Session, message: Message) -> Message | None:
    """The last reply before a citizen's message."""
    return session.scalars(
        select(Message)
        .where(
            Message.conversation_id == message.conversation_id,
            Message.role == "bot",
            Message.sequence < message.sequence,
        )
        .order_by(Message.sequence.desc())
        .limit(1)
    ).one_or_none()


def _message(session: Session, message_id: str | None) -> Message | None:
    return session.scalars(select(Message).where(Message.id == message_id)).one_or_none()


def _offered(reply: Message) -> list[str]:
    """The articles that were said or offered."""
    pressed = re.compile(r'"article":\s*"([a-z0-9-]+)"')
    chosen = [
        match[1]
        for choice in (reply.choices or [] if reply.kind == "clarify" else [])
        if (match := pressed.search(str(choice.get("payload"))))
    ]
    return [*([reply.article] if reply.article else []), *chosen]


def _take_back(session: Session, message_id: str) -> None:
    row = session.scalars(select(GapOccurrence).where(GapOccurrence.message_id == message_id)).one_or_none()
    if row is not None and row.reason == UNHELPFUL:
        _remove(session, row)


def _remove(session: Session, row: GapOccurrence) -> None:
    gap = session.get_one(Gap, row.gap_id, with_for_update=True)
    session.delete(row)
    if gap.times <= 1:
        session.flush()
        session.delete(gap)
    else:
        gap.times -= 1
    session.flush()


def _find(session: Session, tenant: str, key: str) -> Gap | None:
    return session.scalars(select(Gap).where(Gap.tenant == tenant, Gap.question_hash == key)).one_or_none()


def question_hash(text: str) -> str:
    """Equal for texts that differ only in case, punctuation and spaces."""
    return token_hash(normalised(text))


@lru_cache(maxsize=1)
def _emergency_phrases() -> tuple[re.Pattern[str], ...]:
    kinds = yaml.safe_load(EMERGENCIES.read_text(encoding="utf-8"))
    return tuple(re.compile(phrase) for kind in kinds.values() for phrase in kind["any"])


def is_emergency(text: str) -> bool:
    """Whether a text has words of an emergency: the dialogue may be away, and then nobody else recognises it."""
    folded = text.lower().translate(_FOLDED)
    return any(phrase.search(folded) for phrase in _emergency_phrases())


# ---- working on them


def list_gaps(session: Session, *, tenant: str, state: str | None, limit: int = 200, offset: int = 0) -> list[GapOut]:
    """The questions of a tenant, the most frequent first."""
    statement = select(Gap).where(Gap.tenant == tenant)
    if state is not None:
        statement = statement.where(Gap.state == state)
    ordered = statement.order_by(Gap.times.desc(), Gap.last_at.desc(), Gap.id)
    return [gap_out(gap) for gap in session.scalars(ordered.limit(limit).offset(offset))]


def count_by_state(session: Session, tenant: str) -> dict[str, int]:
    """How many are in each state."""
    rows = session.execute(select(Gap.state, func.count()).where(Gap.tenant == tenant).group_by(Gap.state))
    return {row[0]: row[1] for row in rows}


def get_gap(session: Session, *, tenant: str, gap_id: str) -> Gap:
    """The gap, or a 404 problem; another tenant's does not exist either."""
    found = session.get(Gap, gap_id)
    if found is None or found.tenant != tenant:
        raise Problem(404, "unknown-gap", "Diese Frage gibt es nicht (mehr).")
    return found


def change_gap(session: Session, *, account: Account, gap_id: str, change: ChangeGap) -> Gap:
    """Move a gap on, or note something on it."""
    gap = get_gap(session, tenant=account.tenant, gap_id=gap_id)
    if change.state is not None:
        gap.state = change.state
    if change.note is not None:
        gap.note = change.note
    record(session, account, gap, "gap-changed")
    session.flush()
    return gap


def erase(session: Session, *, account: Account, gap_id: str) -> None:
    """Erase a question at once, for what was not recognised as personal."""
    gap = get_gap(session, tenant=account.tenant, gap_id=gap_id)
    record(session, account, gap, "gap-erased")
    session.delete(gap)


def record(session: Session, account: Account, gap: Gap, action: str) -> None:
    """Note a change in the audit trail; it names no citizen and not the question."""
    audit.record(
        session, tenant=account.tenant, account=account, action=action, object_kind="gap", object_id=gap.id,
        state=gap.state, article=gap.article_id,
    )


def gap_out(gap: Gap) -> GapOut:
    """A gap as the interface shows it, in local time."""
    return GapOut.model_validate(
        {
            "id": gap.id,
            "question": gap.question,
            "channel": gap.channel,
            "reason": gap.reason,
            "offered": gap.offered,
            "times": gap.times,
            "state": gap.state,
            "article": gap.article_id,
            "note": gap.note,
            "first_at": clock.local(gap.first_at),
            "last_at": clock.local(gap.last_at),
        }
    )


# ---- test questions


def add_test_question(
    session: Session, *, account: Account, layer: str, question: str, article_id: str, register: str
) -> TestQuestion:
    """Store a test question; the same question for the layer gets the new article."""
    question = " ".join(question.split())
    key = question_hash(question)
    row = session.scalars(
        select(TestQuestion).where(TestQuestion.layer == layer, TestQuestion.question_hash == key)
    ).one_or_none()
    if row is None:
        row = TestQuestion(id=new_id(), layer=layer, question_hash=key, created_at=clock.now())
        session.add(row)
    row.question, row.article_id, row.register, row.author_id = question, article_id, register, account.id
    session.flush()
    audit.record(
        session, tenant=account.tenant, account=account, action="test-question-added", object_kind="test-question",
        object_id=row.id, layer=layer, article=article_id,
    )
    return row


def test_questions(session: Session, layers: Collection[str]) -> list[TestQuestion]:
    """The test questions of these layers, oldest first."""
    return list(
        session.scalars(
            select(TestQuestion)
            .where(TestQuestion.layer.in_(layers))
            .order_by(TestQuestion.created_at, TestQuestion.id)
        )
    )


def as_rows(questions: Iterable[TestQuestion]) -> list[TestQuestionOut]:
    """In the shape of `knowledge/evaluation/*.jsonl`."""
    return [
        TestQuestionOut.model_validate({"question": one.question, "article": one.article_id, "register": one.register})
        for one in questions
    ]


def layers_seen_by(tenant: str) -> tuple[str, str]:
    """Whose test questions hold for a tenant's library."""
    return (BASE, tenant)


