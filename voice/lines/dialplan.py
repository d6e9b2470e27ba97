"""What exchanges ask over HTTP around a call: a UUID before it, and where it goes after it. Loopback or by token."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from voice.lines.audiosocket import AudioSocketDoor
from voice.lines.results import Results, jambonz_verbs, twiml
from voice.lines.tokens import check_token
from voice.lines.websocket import is_local


class EndedVerb(BaseModel):
    """What jambonz posts to an actionHook, of which only the call's name matters here."""

    call_sid: str = Field(max_length=100)


def dialplan_router(results: Results, audiosocket: AudioSocketDoor | None, secret: str) -> APIRouter:
    """The routes below `/voice/calls`."""
    router = APIRouter(prefix="/voice/calls")

    @router.post("", dependencies=[Depends(_only_for("asterisk", secret))])
    async def expect(
        caller: Annotated[str, Form(max_length=40)] = "", tenant: Annotated[str, Form(max_length=80)] = ""
    ) -> Response:
        """The UUID that an AudioSocket call may come with in the next minute."""
        if audiosocket is None:
            raise HTTPException(404, "LOTSE_VOICE_AUDIOSOCKET is not set")
        try:
            return Response(audiosocket.issue(caller or None, tenant or None), media_type="text/plain")
        except OverflowError as error:
            raise HTTPException(429, str(error)) from error

    @router.get("/{call}/result", dependencies=[Depends(_only_for("asterisk", secret))])
    async def result(call: str) -> Response:
        """The extension to dial now, or nothing."""
        return Response(results.of(call) or "", media_type="text/plain")

    @router.post("/twiml", dependencies=[Depends(_only_for("twilio", secret))])
    async def next_twiml(call: Annotated[str, Form(alias="CallSid", max_length=100)]) -> Response:
        """The `action` of `<Connect>`."""
        return Response(twiml(results.of(call)), media_type="text/xml")

    @router.post("/jambonz", dependencies=[Depends(_only_for("jambonz", secret))])
    async def next_verbs(ended: EndedVerb) -> list[dict[str, object]]:
        """The `actionHook` of `listen`."""
        return jambonz_verbs(results.of(ended.call_sid))

    return router


def _only_for(dialect: str, secret: str) -> Callable[[Request], None]:
    def check(request: Request) -> None:
        connection: HTTPConnection = request
        if not is_local(connection) and not check_token(secret, dialect, request.query_params.get("token", "")):
            raise HTTPException(401, "a token is needed: ?token=")

    return check
