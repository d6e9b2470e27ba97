"""One turn: store the citizen's message, ask the dialogue, store its replies. Without the dialogue, the hub answers."""

import asyncio
import time
from typing import cast

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import State as AppState

from api import metrics
from api.conversations import fallback, service
from api.conversations.models import Conversation, Message
from api.conversations.rasa import RasaUnavailable
from api.conversations.schemas import Reply, SendMessage, State, Turn
from api.knowledge import gaps
from api.problems import Problem
from api.telephone import questions

log = structlog.get_logger()

REPEAT_WAIT_SECONDS = 15
REPEAT_POLL_SECONDS = 0.2


async def take_turn(
    state: AppState, *, conversation_id: str, token: str | None, body: SendMessage, idempotency_key: str | None
) -> Turn:
    """The replies to one message. A repeated send (same key) gets the first one's replies."""
    started = time.perf_counter()
    turn = await run_in_threadpool(_begin, state, conversation_id, token, body, idempotency_key)
    if turn.repeated:
        return await _await_replies(state, conversation_id, turn.message_id)
    if turn.state == "human":  # the dialogue stays silent while a caseworker holds the conversation
        return await run_in_threadpool(_finish, state, conversation_id, turn.message_id, [])
    answered_by = "dialogue"
    heard = await run_in_threadpool(questions.take, state, conversation_id, turn, body)
    if heard.replies is not None:
        answered_by, replies = "telephone", heard.replies
    elif turn.pending_question == fallback.MESSAGE and body.text:  # asked by the hub while the dialogue was away
        answered_by = "fallback"
        replies = await run_in_threadpool(fallback.reply, state, conversation_id, turn, body)
    else:
        try:
            replies = await state.rasa.turn(
                sender=conversation_id,
                message=heard.payload or body.payload or dialogue_text(body.text or ""),
                metadata={
                    "tenant": turn.tenant,
                    "channel": turn.channel,
                    "language": turn.language,
                    **({"caller": turn.caller} if turn.caller else {}),
                },
            )
        except RasaUnavailable:
            answered_by = "fallback"
            replies = await run_in_threadpool(fallback.reply, state, conversation_id, turn, body)
    result = await run_in_threadpool(_finish, state, conversation_id, turn.message_id, replies)
    # What was said in a call is not kept, so neither is it put on the editors' list.
    unanswered = body.payload == gaps.NONE_OF_THESE or any(reply.kind == "abstain" for reply in replies)
    if turn.channel != "phone" and unanswered:
        await run_in_threadpool(_note_gap, state, turn.message_id)
    metrics.TURNS.labels(channel=turn.channel, answered_by=answered_by).inc()
    metrics.TURN_SECONDS.labels(answered_by=answered_by).observe(time.perf_counter() - started)
    return result


def dialogue_text(text: str) -> str:
    """Citizens' text for the dialogue: a leading slash would be read as a command."""
    return text.lstrip("/ \t\n") or "?"


def _begin(
    state: AppState, conversation_id: str, token: str | None, body: SendMessage, idempotency_key: str | None
) -> service.OpenTurn:
    with state.database.write() as session:
        conversation = service.open_conversation(session, conversation_id, token, state.settings)
        return service.begin_turn(
            session, conversation, text=body.text, payload=body.payload, idempotency_key=idempotency_key
        )


def _finish(state: AppState, conversation_id: str, message_id: str, replies: list[Reply]) -> Turn:
    with state.database.write() as session:
        conversation = service.get_conversation(session, conversation_id)
        messages = service.finish_turn(session, conversation, message_id, replies)
        return _turn_out(conversation, messages)


def _note_gap(state: AppState, message_id: str) -> None:
    """For the editors' list; nothing there is worth a citizen's turn."""
    try:
        with state.database.write() as session:
            gaps.note_unanswered(session, message_id=message_id)
    except Exception as error:
        log.error("gap_not_noted", exc_info=error)


async def _await_replies(state: AppState, conversation_id: str, message_id: str) -> Turn:
    def look() -> Turn | None:
        with state.database.read() as session:
            conversation = service.get_conversation(session, conversation_id)
            messages = service.replies_to(session, message_id)
            if messages is None:
                return None
            return _turn_out(conversation, messages)

    for _ in range(round(REPEAT_WAIT_SECONDS / REPEAT_POLL_SECONDS)):
        found = await run_in_threadpool(look)
        if found is not None:
            return found
        await asyncio.sleep(REPEAT_POLL_SECONDS)
    raise Problem(
        503, "turn-running", "Ihre Nachricht ist angekommen. Die Antwort dauert noch.", headers={"Retry-After": "5"}
    )


def _turn_out(conversation: Conversation, messages: list[Message]) -> Turn:
    return Turn(
        state=cast(State, conversation.state), messages=[service.message_out(message) for message in messages]
    )
