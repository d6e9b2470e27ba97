"""Citizens' conversation calls."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.contact import dialled
from api.conversations import dialogue, languages, service
from api.conversations.schemas import (
    ChooseLanguage,
    ConversationOut,
    ConversationStarted,
    GiveFeedback,
    Language,
    SendMessage,
    StartConversation,
    State,
    Turn,
)
from api.dependencies import BearerDependency, DatabaseDependency, SettingsDependency, is_service, tenant_of
from api.events import Event
from api.knowledge import gaps
from api.privacy.service import erase_conversation
from api.problems import Problem
from api.rate_limit import limit_messages
from api.telephone import questions

router = APIRouter(prefix="/conversations", tags=["Gespräche"])

IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=80)]


@router.post("", status_code=201, dependencies=[Depends(limit_messages)])
def start(
    request: Request,
    database: DatabaseDependency,
    settings: SettingsDependency,
    credentials: BearerDependency,
    body: StartConversation | None = None,
) -> ConversationStarted:
    """Start a conversation. The token in the answer is the only key to it."""
    body = body or StartConversation()
    if (body.caller is not None or body.can_transfer) and not is_service(credentials, settings):
        raise Problem(403, "service-only", "Die Nummer eines Anrufs kann nur die Telefonanlage angeben.")
    tenant = tenant_of(request, body.tenant)
    with database.write() as session:
        conversation, token, first = service.start_conversation(
            session,
            tenant=tenant,
            channel=body.channel,
            language=body.language,
            caller=dialled(body.caller),
            can_transfer=body.can_transfer,
        )
        said = [first, *questions.open_call(session, conversation, settings=settings)]
        return ConversationStarted(
            id=conversation.id,
            token=token,
            state="bot",
            language=cast(Language, conversation.language),
            messages=[service.message_out(line) for line in said],
        )


@router.post("/{conversation_id}/messages", dependencies=[Depends(limit_messages)])
async def send(
    request: Request, conversation_id: str, body: SendMessage, token: BearerDependency, key: IdempotencyKey = None
) -> Turn:
    """Send a message or a pressed choice; answers with the replies to it."""
    return await dialogue.take_turn(
        request.app.state, conversation_id=conversation_id, token=token, body=body, idempotency_key=key
    )


@router.get("/{conversation_id}")
def read(
    conversation_id: str, database: DatabaseDependency, settings: SettingsDependency, token: BearerDependency
) -> ConversationOut:
    """The whole transcript."""
    with database.read() as session:
        conversation = service.open_conversation(session, conversation_id, token, settings)
        return ConversationOut(
            id=conversation.id,
            state=cast(State, conversation.state),
            language=cast(Language, conversation.language),
            messages=[service.message_out(message) for message in service.transcript(session, conversation)],
        )


@router.put("/{conversation_id}/language", status_code=204)
def choose_language(
    conversation_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
    body: ChooseLanguage,
) -> Response:
    """Replies come in this language from now on."""
    with database.write() as session:
        service.open_conversation(session, conversation_id, token, settings)
        languages.choose(session, conversation_id, body.language)
    return Response(status_code=204)


@router.post("/{conversation_id}/typing", status_code=204)
def typing(
    conversation_id: str, database: DatabaseDependency, settings: SettingsDependency, token: BearerDependency
) -> Response:
    """Tell the caseworker that the citizen is writing."""
    with database.read() as session:
        service.open_conversation(session, conversation_id, token, settings)
    database.events.publish(
        f"conversation:{conversation_id}", {"type": "typing", "data": {"role": "citizen", "active": True}}
    )
    return Response(status_code=204)


@router.get("/{conversation_id}/events")
async def events(
    conversation_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
    last_event_id: Annotated[int, Header(ge=0)] = 0,
) -> EventSourceResponse:
    """Live events: `message`, `state`, `typing`. With `Last-Event-ID` missed messages come first."""

    def check() -> None:
        with database.read() as session:
            service.open_conversation(session, conversation_id, token, settings)

    await run_in_threadpool(check)

    def missed() -> tuple[str, list[Event]]:
        with database.read() as session:
            conversation = service.get_conversation(session, conversation_id)
            lines = service.transcript(session, conversation, after=last_event_id) if last_event_id else []
            return conversation.state, [
                {"type": "message", "data": {**service.message_out(line).model_dump(mode="json"),
                                             "sequence": line.sequence}}
                for line in lines
            ]

    async def stream() -> AsyncIterator[ServerSentEvent]:
        async with database.events.subscribe(f"conversation:{conversation_id}") as live:
            state, lines = await run_in_threadpool(missed)
            yield _sent({"type": "state", "data": {"state": state}})
            seen = last_event_id
            for event in lines:
                seen = cast(int, event["data"]["sequence"])
                if event["data"]["role"] != "citizen":
                    yield _sent(event)
            async for event in live:
                data = event["data"]
                if data.get("role") == "citizen" or cast(int, data.get("sequence", seen + 1)) <= seen:
                    continue
                yield _sent(event)

    return EventSourceResponse(stream(), ping=15, headers={"X-Accel-Buffering": "no"})


@router.post("/{conversation_id}/feedback", status_code=204)
def feedback(
    conversation_id: str,
    body: GiveFeedback,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
) -> Response:
    """Say whether a reply helped."""
    with database.write() as session:
        conversation = service.open_conversation(session, conversation_id, token, settings)
        service.give_feedback(session, conversation, **body.model_dump())
        gaps.note_feedback(session, conversation, message_id=body.message_id, helpful=body.helpful)
    return Response(status_code=204)


@router.delete("/{conversation_id}", status_code=204)
def erase(
    conversation_id: str, database: DatabaseDependency, settings: SettingsDependency, token: BearerDependency
) -> Response:
    """Erase the transcript and the personal data in it."""
    with database.write() as session:
        conversation = service.open_conversation(session, conversation_id, token, settings)
        if conversation.state == "human":
            detail = "Ein Mensch spricht gerade mit Ihnen. Bitte beenden Sie erst das Gespräch."
            raise Problem(409, "in-conversation", detail)
        gaps.forget(session, conversation.id)
        erase_conversation(session, conversation)
    return Response(status_code=204)


def _sent(event: Event) -> ServerSentEvent:
    data = dict(event["data"])
    sequence = data.pop("sequence", None)
    return ServerSentEvent(
        data=json.dumps(data, ensure_ascii=False), event=event["type"], id=None if sequence is None else str(sequence)
    )
