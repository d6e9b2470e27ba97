"""One turn: store the citizen's message, ask the dialogue, store its replies. Without the dialogue, the hub answers."""

import asyncio
import time
from dataclasses import replace
from typing import cast

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import State as AppState

from api import metrics
from api.conversations import fallback, languages, service
from api.conversations.models import Conversation, Message
from api.conversations.rasa import RasaUnavailable
from api.conversations.schemas import Language, Reply, SendMessage, State, Turn
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
    before = turn.language
    if body.text:
        turn = await run_in_threadpool(_follow_language, state, conversation_id, turn, body.text)
    heard = await run_in_threadpool(questions.take, state, conversation_id, turn, body)
    if heard.replies is not None:
        answered_by, replies = "telephone", heard.replies
    elif turn.pending_question == fallback.MESSAGE and body.text:  # asked by the hub while the dialogue was away
        answered_by = "fallback"
        replies = await run_in_threadpool(fallback.reply, state, conversation_id, turn, body)
    else:
        try:
            said = heard.payload or body.payload or dialogue_text(body.text or "")
            replies = await _ask_dialogue(state, conversation_id, turn, said)
        except RasaUnavailable:
            answered_by = "fallback"
            replies = await run_in_threadpool(fallback.reply, state, conversation_id, turn, body)
    if turn.language != before:
        told = languages.switched(turn.language)
        emergency = any(reply.kind == "crisis" for reply in replies)  # nothing comes before its words
        replies = [*replies, told] if emergency else [told, *replies]
    result = await run_in_threadpool(_finish, state, conversation_id, turn.message_id, replies)
    # What was said in a call is not kept, so neither is it put on the editors' list.
    unanswered = body.payload == gaps.NONE_OF_THESE or any(reply.kind == "abstain" for reply in replies)
    if turn.channel != "phone" and unanswered:
        await run_in_threadpool(_note_gap, state, turn.message_id)
    metrics.TURNS.labels(channel=turn.channel, answered_by=answered_by).inc()
    metrics.TURN_SECONDS.labels(answered_by=answered_by).observe(time.perf_counter() - started)
    return result


async def _ask_dialogue(state: AppState, conversation_id: str, turn: service.OpenTurn, said: str) -> list[Reply]:
    """The dialogue's replies; a second concern of the same message is its next one as soon as the first is done."""
    metadata = {
        "tenant": turn.tenant,
        "channel": turn.channel,
        "language": turn.language,
        **({"caller": turn.caller} if turn.caller else {}),
    }
    replies = await state.rasa.turn(sender=conversation_id, message=said, metadata=metadata)
    then = (replies[-1].data or {}).pop("then", None)
    if not then:
        return replies
    try:
        further = await state.rasa.turn(sender=conversation_id, message=dialogue_text(then), metadata=metadata)
    except RasaUnavailable:  # the first concern was served; the citizen still has the words of the second
        return replies[:-1]
    return [*replies, *further]


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


def _follow_language(state: AppState, conversation_id: str, turn: service.OpenTurn, text: str) -> service.OpenTurn:
    with state.database.write() as session:
        conversation = service.get_conversation(session, conversation_id)
        return replace(turn, language=conversation.language) if languages.notice(conversation, text) else turn


def _finish(state: AppState, conversation_id: str, message_id: str, replies: list[Reply]) -> Turn:
    with state.database.write() as session:
        conversation = service.get_conversation(session, conversation_id)
        library = state.libraries.get(conversation.tenant)
        replies = [languages.in_language(reply, conversation.language, conversation.tenant) for reply in replies]
        replies = [languages.german_marked(reply, conversation.language, library) for reply in replies]
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
        state=cast(State, conversation.state),
        language=cast(Language, conversation.language),
        messages=[service.message_out(message) for message in messages],
    )
