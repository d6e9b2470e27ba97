"""Rules of a conversation: who may read it, what is stored, and when the dialogue stays silent."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import clock
from api.conversations.models import Conversation, Feedback, Message
from api.conversations.schemas import Choice, MessageOut, Reply
from api.conversations.spoken import spoken_form
from api.database import emit
from api.dependencies import is_service
from api.identifiers import new_id, new_token, token_hash, token_matches
from api.languages.catalog import GERMAN, NAMES, locale_of, translated
from api.problems import Problem
from api.settings import Settings
from knowledge.tenants import Tenant

# Payloads that may be sent at any time; every other one must have been offered in the conversation.
ALWAYS_OFFERED = {
    "/talk_to_human": "Mit einem Menschen sprechen",
    "/leave_message": "Nachricht hinterlassen",
    "/request_callback": "Rückruf wünschen",
    "/book_appointment": "Termin buchen",
    "/show_appointment": "Meine Termine",
    "/show_menu": "Was können Sie?",
    "/start_over": "Von vorn beginnen",
    "/stop": "Abbrechen",
    "/repeat": "Wiederholen",
    "/back": "Zurück",
    "/affirm": "Ja",
    "/deny": "Nein",
    **{f'/change_language{{"language":"{code}"}}': name for code, name in NAMES.items()},
}


def phone_greeting(tenant: Tenant) -> str:
    """The first words of a call, in two short portions: the office, a machine, nothing recorded; emergency, person."""
    portions = tenant.telephone.greeting or [
        f"Guten Tag, {tenant.office}. Hier spricht Lotse, ein Computerprogramm. Es wird nichts aufgezeichnet.",
        "Im Notfall: 1 1 2. Taste 0 ruft einen Menschen. Wie kann ich helfen?",
    ]
    return " ".join(portions)


GREETING = (
    "Guten Tag! Ich bin Lotse, der digitale Assistent von {office}. "
    "Ich bin ein Computerprogramm, kein Mensch.\n\n"
    "Ich beantworte Fragen zum Grundsicherungsgeld (früher: Bürgergeld), buche Termine und nehme "
    "Nachrichten an. Über Ihren Antrag entscheide ich nicht. Wie kann ich helfen?"
)


def greeting(tenant: Tenant, language: str = GERMAN) -> Reply:
    """The first words: whom one talks to, that it is a machine, what it can do."""
    return Reply(
        text=translated(GREETING, language, tenant.id, office=tenant.office),
        spoken=phone_greeting(tenant),
        choices=[
            Choice(title=translated(title, language), payload=payload)
            for title, payload in (
                ("Termin buchen", "/book_appointment"),
                ("Nachricht hinterlassen", "/leave_message"),
                ("Mit einem Menschen sprechen", "/talk_to_human"),
            )
        ],
    )


def start_conversation(
    session: Session,
    *,
    tenant: Tenant,
    channel: str,
    language: str,
    caller: str | None = None,
    can_transfer: bool = False,
) -> tuple[Conversation, str, Message]:
    """A new conversation with its greeting, and the token that opens it."""
    token = new_token()
    conversation = Conversation(
        id=new_id(),
        tenant=tenant.id,
        channel=channel,
        language=language,
        language_chosen=language != GERMAN,
        state="bot",
        caller=caller,
        can_transfer=can_transfer,
        token_hash=token_hash(token),
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(conversation)
    first = add_message(session, conversation, role="bot", **greeting(tenant, language).model_dump())
    return conversation, token, first


def get_conversation(session: Session, conversation_id: str) -> Conversation:
    """The conversation, or a 404 problem."""
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise Problem(404, "unknown-conversation", "Dieses Gespräch gibt es nicht (mehr).")
    return found


def authorize(conversation: Conversation, token: str | None, settings: Settings) -> None:
    """Only the citizen's own token or a process of ours opens a conversation."""
    if token is None:
        detail = "Für dieses Gespräch fehlt der Schlüssel."
        raise Problem(401, "no-token", detail, headers={"WWW-Authenticate": "Bearer"})
    if not token_matches(token, conversation.token_hash) and not is_service(token, settings):
        raise Problem(403, "wrong-token", "Dieser Schlüssel gehört nicht zu diesem Gespräch.")


def open_conversation(session: Session, conversation_id: str, token: str | None, settings: Settings) -> Conversation:
    """The conversation, after the token was checked."""
    conversation = get_conversation(session, conversation_id)
    authorize(conversation, token, settings)
    return conversation


def add_message(
    session: Session, conversation: Conversation, *, role: str, text: str, kind: str = "text", **fields: Any
) -> Message:
    """Store one line and send it to everybody who watches the conversation. In a call every line of ours is spoken."""
    moment = clock.now()
    if conversation.channel == "phone" and role != "citizen" and not fields.get("spoken"):
        fields["spoken"] = spoken_form(text)
    if role in {"bot", "system"} and locale_of(conversation.language) != GERMAN:
        fields["data"] = {"language": conversation.language, **(fields.get("data") or {})}
    message = Message(
        id=new_id(), conversation_id=conversation.id, role=role, kind=kind, text=text, created_at=moment, **fields
    )
    session.add(message)
    conversation.updated_at = moment
    session.flush()
    emit(session, f"conversation:{conversation.id}", {
        "type": "message",
        "data": {**message_out(message).model_dump(mode="json"), "sequence": message.sequence},
    })
    return message


def set_state(session: Session, conversation: Conversation, state: str, **extra: object) -> None:
    """Change who holds the conversation; `extra` (e.g. position) goes to the citizen with the event."""
    conversation.state = state
    conversation.updated_at = clock.now()
    emit(session, f"conversation:{conversation.id}", {"type": "state", "data": {"state": state, **extra}})


def message_out(message: Message) -> MessageOut:
    """A stored line as the public interface shows it, in local time."""
    shown = MessageOut.model_validate(message)
    shown.created_at = clock.local(message.created_at)
    return shown


def transcript(session: Session, conversation: Conversation, *, after: int = 0) -> list[Message]:
    """The stored lines in order, from a sequence number on."""
    return list(
        session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation.id, Message.sequence > after)
            .order_by(Message.sequence)
        )
    )


@dataclass(frozen=True)
class OpenTurn:
    """A citizen's message on its way to the dialogue. `repeated`: this very send was stored before."""

    message_id: str
    tenant: str
    channel: str
    language: str
    state: str
    pending_question: str | None
    caller: str | None = None
    repeated: bool = False


def begin_turn(
    session: Session,
    conversation: Conversation,
    *,
    text: str | None,
    payload: str | None,
    idempotency_key: str | None,
) -> OpenTurn:
    """Store what the citizen sent. A known idempotency key stores nothing again.

    Raises a 409 problem for a closed conversation and a 422 problem for a payload that was never offered.
    """
    known = _sent_before(session, conversation, idempotency_key)
    if known is None:
        if conversation.state == "closed":
            raise Problem(409, "closed", "Dieses Gespräch ist beendet. Bitte beginnen Sie ein neues.")
        shown = text if payload is None else _title_of(session, conversation, payload)
        try:
            with session.begin_nested():
                known = add_message(
                    session, conversation, role="citizen", text=shown or "", idempotency_key=idempotency_key,
                    data={"payload": payload} if payload else None,
                )
        except IntegrityError:  # the same send, at the same moment, on another connection
            known = _sent_before(session, conversation, idempotency_key)
            if known is None:
                raise
            return _turn(conversation, known, repeated=True)
        if conversation.state in {"waiting", "human"}:  # the desk's queue shows who waits for an answer
            emit(session, f"handoffs:{conversation.tenant}", {
                "type": "message", "data": {"conversation": conversation.id},
            })
        return _turn(conversation, known, repeated=False)
    return _turn(conversation, known, repeated=True)


def finish_turn(
    session: Session, conversation: Conversation, message_id: str, replies: list[Reply]
) -> list[Message]:
    """Store the dialogue's replies. The dialogue falls silent when a caseworker took over meanwhile."""
    question = session.scalars(select(Message).where(Message.id == message_id)).one()
    question.answered_at = clock.now()
    if conversation.state in {"human", "closed"}:
        return []
    return [
        add_message(session, conversation, role="bot", reply_to=message_id, **reply.model_dump()) for reply in replies
    ]


def replies_to(session: Session, message_id: str) -> list[Message] | None:
    """The stored replies to a citizen's message; None while its turn still runs."""
    question = session.scalars(select(Message).where(Message.id == message_id)).one_or_none()
    if question is None or question.answered_at is None:
        return None
    return list(session.scalars(select(Message).where(Message.reply_to == message_id).order_by(Message.sequence)))


def give_feedback(
    session: Session, conversation: Conversation, *, message_id: str, helpful: bool, comment: str | None
) -> None:
    """Note what the citizen thought of a reply in this conversation."""
    message = session.scalars(
        select(Message).where(Message.id == message_id, Message.conversation_id == conversation.id)
    ).one_or_none()
    if message is None or message.role == "citizen":
        raise Problem(404, "unknown-message", "Diese Antwort gibt es in diesem Gespräch nicht.")
    session.merge(Feedback(message_id=message_id, helpful=helpful, comment=comment or None, created_at=clock.now()))


def _turn(conversation: Conversation, message: Message, *, repeated: bool) -> OpenTurn:
    return OpenTurn(
        message_id=message.id,
        tenant=conversation.tenant,
        channel=conversation.channel,
        language=conversation.language,
        state=conversation.state,
        pending_question=conversation.pending_question,
        caller=conversation.caller,
        repeated=repeated,
    )


def _sent_before(session: Session, conversation: Conversation, key: str | None) -> Message | None:
    if key is None:
        return None
    return session.scalars(
        select(Message).where(Message.conversation_id == conversation.id, Message.idempotency_key == key)
    ).one_or_none()


def _title_of(session: Session, conversation: Conversation, payload: str) -> str:
    offered = session.scalars(
        select(Message.choices)
        .where(Message.conversation_id == conversation.id, Message.role != "citizen")
        .order_by(Message.sequence.desc())
    )
    for choices in offered:
        for choice in choices or []:
            if choice.get("payload") == payload:
                return str(choice.get("title"))
    if payload in ALWAYS_OFFERED:
        return translated(ALWAYS_OFFERED[payload], conversation.language)
    raise Problem(422, "unknown-choice", "Diese Auswahl gibt es hier nicht. Bitte schreiben Sie, was Sie möchten.")
