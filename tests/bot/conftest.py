"""The running dialogue for the tests: the trained model, a real action server, and a small hub it talks to."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from aiohttp import web

from tests.bot.hub import BERLIN, TOKEN, Hub

ROOT = Path(__file__).parents[2]
# A Saturday: the next working day is Monday, 23 November.
TODAY = "2026-11-21T09:00"

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def newest_model() -> Path:
    """The model named by LOTSE_DIALOGUE_MODEL, or the one trained last."""
    named = os.environ.get("LOTSE_DIALOGUE_MODEL")
    models = [Path(named)] if named else sorted((ROOT / "var/models").glob("*.tar.gz"), key=lambda f: f.stat().st_mtime)
    if not models or not models[-1].exists():
        pytest.fail("There is no trained dialogue model; train it first: python -m operation.train")
    return models[-1]


class Loop:
    """An event loop in a thread of its own, so that server and model live through the whole session."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=120)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    running = Loop()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def running_hub(loop: Loop) -> Hub:
    hub = Hub(datetime.fromisoformat(TODAY).replace(tzinfo=BERLIN))
    port = free_port()

    async def start() -> None:
        runner = web.AppRunner(hub.app())
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    loop.run(start())
    hub.address = f"http://127.0.0.1:{port}"
    return hub


@pytest.fixture
def hub(running_hub: Hub) -> Hub:
    running_hub.reset()
    return running_hub


@pytest.fixture(scope="session")
def action_server(running_hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The rasa-sdk action server in a process of its own, as it runs in operation."""
    port = free_port()
    environment = os.environ | {
        "LOTSE_API_URL": running_hub.address,
        "LOTSE_SERVICE_TOKEN": TOKEN,
        "LOTSE_TODAY": TODAY,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    log = tmp_path_factory.mktemp("actions") / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "rasa_sdk", "--actions", "bot.actions", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/health", server, log)
        yield f"{address}/webhook"
    finally:
        server.terminate()
        server.wait(timeout=10)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError(f"The action server ended: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("The action server did not start.")


@pytest.fixture(scope="session")
def agent(loop: Loop, action_server: str) -> Any:
    """The trained model, called as Rasa's own REST channel calls it."""
    model = newest_model()

    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow takes seconds to load, and only the dialogues need it
    from rasa.core.agent import load_agent  # noqa: PLC0415
    from rasa.core.utils import AvailableEndpoints  # noqa: PLC0415
    from rasa.utils.endpoints import EndpointConfig  # noqa: PLC0415

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def load() -> Any:
        return await load_agent(
            model_path=str(model), endpoints=AvailableEndpoints(action=EndpointConfig(url=action_server))
        )

    return loop.run(load())


@pytest.fixture
def say(agent: Any, loop: Loop) -> Callable[..., list[dict[str, Any]]]:
    """Send one message of a conversation; returns the replies as the hub would get them."""

    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage  # noqa: PLC0415

    def send(
        conversation: str, text: str, tenant: str = "musterkreis", channel: str = "web", caller: str | None = None
    ) -> list[dict[str, Any]]:
        output = CollectingOutputChannel()
        message = UserMessage(
            text,
            output,
            conversation,
            input_channel="rest",
            metadata={
                "tenant": tenant, "channel": channel, "language": "de", **({"caller": caller} if caller else {}),
            },
        )
        loop.run(agent.handle_message(message))
        return [reply["custom"] for reply in output.messages]

    return send
