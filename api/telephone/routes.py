"""Calls of the voice process about its calls, and of the desk to put one through."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile
from fastapi.concurrency import run_in_threadpool

from api.accounts.access import check_role, signed_in
from api.accounts.service import DESK_ROLES
from api.conversations.schemas import State, Turn
from api.conversations.service import get_conversation, message_out
from api.dependencies import BearerDependency, DatabaseDependency, SettingsDependency, is_service, tenant_of
from api.handoff import service as handoffs
from api.handoff.queue import open_handoff
from api.handoff.routes import article_titles
from api.problems import DETAILS, Problem
from api.telephone import service, voice
from api.telephone.schemas import AskTarget, NoTarget, PutThrough, SoundKept, TransferResult, TransferTarget


def only_service(settings: SettingsDependency, token: BearerDependency) -> None:
    """Only a process of ours."""
    if token is None:
        raise Problem(401, "no-token", DETAILS[401], headers={"WWW-Authenticate": "Bearer"})
    if not is_service(token, settings):
        raise Problem(403, "service-only", DETAILS[403])


router = APIRouter(prefix="/telephone/calls", tags=["Telefon"], dependencies=[Depends(only_service)])
conversation_router = APIRouter(prefix="/conversations", tags=["Telefon"], dependencies=[Depends(only_service)])
exchange_router = APIRouter(prefix="/voice/calls", tags=["Telefon"])


@router.post("/{conversation_id}/transfer-target")
def transfer_target(
    request: Request, conversation_id: str, database: DatabaseDependency, body: AskTarget | None = None
) -> TransferTarget | NoTarget:
    """Which extension a call goes to. The desk sees the request, with all that was said, before its telephone rings."""
    with database.write() as session:
        call = service.get_call(session, conversation_id)
        return service.transfer_target(
            session,
            call,
            tenant=tenant_of(request, call.tenant),
            asked=body or AskTarget(),
            title_of=article_titles(request, call.tenant),
        )


@router.post("/{conversation_id}/transfer-result")
def transfer_result(
    request: Request, conversation_id: str, body: TransferResult, database: DatabaseDependency
) -> Turn:
    """How putting through went. After a failure `messages` hold what the caller is told: a callback is offered."""
    with database.write() as session:
        call = service.get_call(session, conversation_id)
        said = service.transfer_result(
            session, call, tenant=tenant_of(request, call.tenant), ok=body.ok, reason=body.reason
        )
        return Turn(state=_state(call.state), messages=[message_out(line) for line in said])


@router.post("/{conversation_id}/sound", status_code=201)
def keep_sound(
    conversation_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    sound: Annotated[UploadFile, File()],
    consent: Annotated[bool, Form()] = False,
) -> SoundKept:
    """The sound of the message that was just left (WAV, 16 bit, mono, at most 2 MB), with the caller's consent."""
    wav = sound.file.read(service.SOUND_BYTES + 1)
    with database.write() as session:
        call = service.get_call(session, conversation_id)
        return service.keep_sound(session, call, settings=settings, wav=wav, consent=consent)


@conversation_router.post("/{conversation_id}/end", status_code=204)
def end(conversation_id: str, database: DatabaseDependency) -> Response:
    """The call is over. What was said is wiped, unless the caller agreed or a person still needs it."""
    with database.write() as session:
        service.end_call(session, service.get_call(session, conversation_id))
    return Response(status_code=204)


@exchange_router.post("/{conversation_id}/transfer", status_code=204)
async def put_through(
    request: Request,
    conversation_id: str,
    database: DatabaseDependency,
    settings: SettingsDependency,
    token: BearerDependency,
    body: PutThrough | None = None,
) -> Response:
    """Put a running call through to an extension: for the desk and for adapters of an exchange.

    404 where the caller has hung up, 409 where this line cannot be put through (the call is then still ours), 503
    without the voice process. The voice process reports how it went (`transfer-result`).
    """
    body = body or PutThrough()

    def allowed_tenant() -> str | None:
        if is_service(token, settings):
            return None
        return check_role(signed_in(request, database, settings, token).account, DESK_ROLES).tenant

    tenant_id = await run_in_threadpool(allowed_tenant)
    await put_call_through(request, conversation_id, tenant_id=tenant_id, target=body.target, attended=body.attended)
    return Response(status_code=204)


async def put_call_through(
    request: Request, conversation_id: str, *, tenant_id: str | None, target: str | None, attended: bool = False
) -> None:
    """Note that it rings and have the voice process dial. `tenant_id`: None where any will do."""
    database, settings = request.app.state.database, request.app.state.settings

    def ring() -> str:
        with database.write() as session:
            call = get_conversation(session, conversation_id)
            if call.channel != "phone" or tenant_id not in (None, call.tenant):
                raise Problem(404, "unknown-call", "Diesen Anruf gibt es nicht.")
            if call.ended_at is not None:
                raise Problem(404, "call-over", "Diesen Anruf gibt es nicht mehr: Es wurde schon aufgelegt.")
            tenant = tenant_of(request, call.tenant)
            found = open_handoff(session, call.id)
            chosen = target or (service.extension_of(found, call, tenant) if found else tenant.telephone.overflow)
            if chosen is None:
                raise Problem(422, "no-extension", "Für diese Anfrage ist keine Durchwahl eingetragen.")
            if not service.dialable(chosen, tenant):
                raise Problem(422, "not-dialable", "Dorthin darf nicht durchgestellt werden: keine bekannte Durchwahl.")
            if found is not None:
                handoffs.note_call(session, found, "ringing")
            return chosen

    def note_failed() -> None:
        with database.write() as session:
            found = open_handoff(session, conversation_id)
            if found is not None:
                handoffs.note_call(session, found, "failed")

    chosen = await run_in_threadpool(ring)
    try:
        await voice.put_through(settings, call=conversation_id, target=chosen, attended=attended)
    except Problem:
        await run_in_threadpool(note_failed)
        raise


def _state(state: str) -> State:
    return state  # type: ignore[return-value]
