"""What the hub itself asks in a call, between the dialogue's turns: whether the text may be kept, whether to call back.

The open question stands in `Conversation.pending_question`. Whatever is no answer to it goes to the dialogue.
"""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import State as AppState

from api.conversations import service
from api.conversations.models import Conversation, Message
from api.conversations.schemas import Choice, Reply, SendMessage
from api.settings import Settings

KEEP_TEXT, CALLBACK = "keep_text", "offer_callback"

YES = re.compile(r"(?:ja|jo|gerne?|in ordnung|okay|ok|einverstanden|natürlich)(?:[\s,]+(?:bitte|gerne?|danke))*[.!]?")
NO = re.compile(r"(?:nein|nee|nö|lieber nicht|bitte nicht)(?:[\s,]+(?:danke|bitte|lieber nicht))*[.!]?")

ASK_KEEP_TEXT = Reply(
    kind="form",
    text="Darf ich den Text dieses Gesprächs aufheben, damit wir besser werden? Der Ton wird nie aufgezeichnet.",
    spoken="Noch eine Frage vorab. Darf ich den Text dieses Gesprächs aufheben? Sagen Sie bitte: ja oder nein.",
    choices=[Choice(title="Ja", payload="/affirm"), Choice(title="Nein", payload="/deny")],
    data={"expects": {"kind": "yes_no", "slot": KEEP_TEXT}},
)
OFFER_CALLBACK = "Möchten Sie um einen Rückruf bitten?"
CALLBACK_CHOICES = [
    Choice(title="Rückruf wünschen", payload="/request_callback"),
    Choice(title="Nachricht hinterlassen", payload="/leave_message"),
]


@dataclass(frozen=True)
class Heard:
    """What a citizen's message means to the open question: our own replies, or another payload for the dialogue."""

    replies: list[Reply] | None = None
    payload: str | None = None


def open_call(session: Session, conversation: Conversation, *, settings: Settings) -> list[Message]:
    """What is asked right after the greeting of a call."""
    if conversation.channel != "phone" or settings.phone_transcripts != "consent":
        return []
    conversation.pending_question = KEEP_TEXT
    return [service.add_message(session, conversation, role="bot", **ASK_KEEP_TEXT.model_dump())]


def offer_callback(session: Session, conversation: Conversation, words: str) -> Message:
    """Say why nobody comes, and ask whether somebody shall call back."""
    conversation.pending_question = CALLBACK
    said: dict[str, Any] = {
        "kind": "handoff",
        "text": f"{words} {OFFER_CALLBACK}",
        "choices": [choice.model_dump() for choice in CALLBACK_CHOICES],
        "data": {"expects": {"kind": "yes_no", "slot": ""}},
    }
    return service.add_message(session, conversation, role="bot", **said)


def take(state: AppState, conversation_id: str, turn: service.OpenTurn, body: SendMessage) -> Heard:
    """Read the answer to the open question; nothing is open most of the time."""
    if turn.pending_question not in (KEEP_TEXT, CALLBACK):
        return Heard()
    yes = body.payload == "/affirm" or bool(YES.fullmatch((body.text or "").strip().lower()))
    no = body.payload == "/deny" or bool(NO.fullmatch((body.text or "").strip().lower()))
    with state.database.write() as session:
        conversation = service.get_conversation(session, conversation_id)
        conversation.pending_question = None
        if turn.pending_question == KEEP_TEXT:
            conversation.keep_text = yes
    if turn.pending_question == CALLBACK and yes:
        return Heard(payload="/request_callback")
    if turn.pending_question == KEEP_TEXT and (yes or no):
        thanks = "Danke. Wie kann ich helfen?" if yes else "Gut, ich hebe nichts auf. Wie kann ich helfen?"
        return Heard(replies=[Reply(text=thanks, spoken=thanks)])
    return Heard()
