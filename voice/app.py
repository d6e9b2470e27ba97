"""The telephone process: opens the doors, leads the calls, and answers the hub about them (loopback only)."""

import asyncio
import hmac
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import structlog
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Response, WebSocket
from loguru import logger as pipecat_log
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from voice.call import metrics
from voice.call.call import Call, Exchange
from voice.call.hub import Hub
from voice.call.phrases import phrase, prompts
from voice.hearing.listening import Listeners
from voice.lines.doors import Doors, make_doors
from voice.lines.line import Line, TransferFailed
from voice.lines.settings import get_line_settings
from voice.rehearsal.sample import play_sample
from voice.settings import VoiceSettings, get_settings
from voice.speaking.portions import portions
from voice.speaking.settings import make_speech
from voice.speaking.speech import Speech

log = structlog.get_logger()


class Telephone:
    """All running calls and the doors they come in through."""

    def __init__(self, settings: VoiceSettings) -> None:
        self.settings = settings
        self.hub = Hub(settings)
        self.speech: Speech = make_speech(prompts())
        self.listeners = Listeners(self.hub)
        self.doors: Doors = make_doors(get_line_settings(), settings)
        self.calls: dict[str, Call] = {}
        self._exchange = Exchange(settings, self.hub, self.speech, portions, self.listeners.of)

    async def open(self) -> None:
        """Take calls. A door that cannot be opened says so and leaves the others open."""
        await self.listeners.learn(self.settings.tenant)
        await self.doors.open(self.take)
        self._warming = asyncio.create_task(self.speech.warm())

    async def take(self, line: Line) -> None:
        """Lead one call; beyond the limit the caller hears that all lines are busy."""
        if line.wants_sample:
            await play_sample(line, self.take)
            return
        if len(self.calls) >= self.settings.voice_calls:
            metrics.REFUSED.inc()
            await line.write(await self.speech.synthesise(phrase("busy"), cacheable=True))
            await line.drained()
            await line.hangup()
            return
        await self.listeners.learn(line.tenant or self.settings.tenant)
        call = self.calls[line.id] = Call(line, self._exchange)
        try:
            await call.run()
        finally:
            del self.calls[line.id]

    def call_of(self, conversation_id: str) -> Call | None:
        """The running call of a conversation of the hub."""
        return next((call for call in self.calls.values() if call.conversation_id == conversation_id), None)

    async def close(self) -> None:
        """Hang up and shut the doors."""
        await self.doors.close()
        self._warming.cancel()
        self.speech.close()
        await self.hub.close()


class Transfer(BaseModel):
    """Where a running call goes."""

    target: str = Field(min_length=1, max_length=80, pattern=r"^[0-9A-Za-z+*#@.:_-]+$")


def create_app(settings: VoiceSettings | None = None) -> FastAPI:
    """The process's own interface; the hub and the dialplan use it, nobody else."""
    settings = settings or get_settings()
    telephone = Telephone(settings)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        await telephone.open()
        yield
        await telephone.close()

    app = FastAPI(title="Lotse telephone", lifespan=life, docs_url=None, redoc_url=None)
    app.state.telephone = telephone

    def only_the_hub(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {settings.service_token}".encode()):
            raise HTTPException(401, "Nur für Lotse selbst.")

    @app.get("/healthz")
    async def healthz() -> dict[str, Any]:
        return {"status": "ok", "calls": len(telephone.calls), "doors": telephone.doors.state()}

    @app.get("/metrics")
    async def measured() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/calls", dependencies=[Depends(only_the_hub)])
    async def calls() -> list[dict[str, Any]]:
        return [
            {"id": call.line.id, "door": call.line.door, "conversation": call.conversation_id}
            for call in telephone.calls.values()
        ]

    @app.post("/calls/{conversation_id}/transfer", status_code=202, dependencies=[Depends(only_the_hub)])
    async def transfer(conversation_id: str, body: Transfer) -> None:
        call = telephone.call_of(conversation_id)
        if call is None:
            raise HTTPException(404, "Dieses Gespräch läuft gerade nicht am Telefon.")
        try:
            await call.processor.transfer_to(body.target)
        except TransferFailed as error:
            raise HTTPException(409, "Dieser Anruf lässt sich nicht durchstellen.") from error

    app.include_router(telephone.doors.router())

    @app.websocket("/voice/stream")
    async def stream(websocket: WebSocket) -> None:
        await telephone.doors.stream(websocket)

    return app


def quiet_logs() -> None:
    """One log for all: the voice framework says warnings only, the rest is ours."""
    pipecat_log.remove()
    pipecat_log.add(sys.stderr, level="WARNING", format="{time:HH:mm:ss} {level} {message}")
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main() -> None:
    """Serve until told to stop."""
    quiet_logs()
    settings = get_settings()
    uvicorn.run(create_app(settings), host="127.0.0.1", port=settings.voice_port, log_level="warning",
                access_log=False, ws_max_size=1 << 16)


if __name__ == "__main__":
    main()
