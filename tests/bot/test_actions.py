"""The action server at its edges: a hub that is away, slow or talks nonsense; the tenant of a message; every action."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from aiohttp import web
from rasa_sdk.executor import ActionExecutor

from bot.actions.api_client import Api, ApiProblem, ApiUnavailable
from tests.bot.conftest import ROOT, Loop, free_port
from tests.bot.hub import TOKEN, Hub


@pytest.fixture
def executor() -> ActionExecutor:
    running = ActionExecutor()
    running.register_package("bot.actions")
    return running


def call(action: str, text: str, intent: str, slots: dict[str, Any] | None = None) -> dict[str, Any]:
    """What Rasa sends to have one action run."""
    said = {"text": text, "intent": {"name": intent, "confidence": 0.99}, "entities": [], "metadata": {}}
    return {
        "next_action": action,
        "tracker": {
            "sender_id": uuid.uuid4().hex,
            "slots": slots or {},
            "latest_message": said,
            "events": [{"event": "user", "text": text, "parse_data": said}],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": "action_listen",
        },
        "domain": {},
    }


def test_every_action_of_the_domain_exists_and_no_other(executor: ActionExecutor) -> None:
    listed = yaml.safe_load((ROOT / "bot/domain/forms.yml").read_text(encoding="utf-8"))["actions"]
    assert set(executor.actions) == set(listed)


def test_a_hub_that_does_not_listen_is_told_apart_from_one_that_refuses(
    running_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_API_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ApiUnavailable):
        asyncio.run(Api().search("Miete", tenant="musterkreis"))
    monkeypatch.setenv("LOTSE_API_URL", running_hub.address)
    monkeypatch.setenv("LOTSE_SERVICE_TOKEN", "wrong")
    with pytest.raises(ApiProblem, match="Bitte melden Sie sich an"):
        asyncio.run(Api().search("Miete", tenant="musterkreis"))


def test_a_hub_that_hangs_or_answers_nonsense_is_unavailable(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(text="<html>Bad Gateway</html>")

    port = free_port()

    async def start() -> web.AppRunner:
        app = web.Application()
        app.add_routes([web.post("/api/v1/conversations/{id}/handoff", hang), web.get("/api/v1/sites", nonsense)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    runner = loop.run(start())
    monkeypatch.setenv("LOTSE_API_URL", f"http://127.0.0.1:{port}")
    with pytest.raises(ApiUnavailable):
        asyncio.run(Api().request_handoff("c", reason="Notfall", topic=None, urgent=True, collected={}, patience=0.2))
    with pytest.raises(ApiUnavailable):
        asyncio.run(Api().sites(tenant="musterkreis"))
    loop.run(runner.cleanup())


def test_an_action_that_breaks_still_says_a_sentence(
    executor: ActionExecutor, running_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTSE_API_URL", running_hub.address)
    monkeypatch.setenv("LOTSE_SERVICE_TOKEN", TOKEN)
    broken = call(
        "action_ask_appointment_form_appointment_confirmed", "ja", "affirm", {"appointment_service": "gibt-es-nicht"}
    )
    result = asyncio.run(executor.run(broken))
    assert result is not None
    said = result["responses"][0]["custom"]
    assert "nicht geklappt" in said["text"]
    assert said["choices"]


def test_the_tenant_of_the_message_decides_whose_articles_are_searched(
    hub: Hub, say: Callable[..., list[dict[str, Any]]]
) -> None:
    say(uuid.uuid4().hex, "Wie hoch ist der Regelsatz?", tenant="nachbarkreis")
    assert hub.searches == [("nachbarkreis", "Wie hoch ist der Regelsatz?")]
