"""The hub as a call sees it: one conversation, over HTTP, every step bounded in time."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import SSEError, aconnect_sse

from voice.hearing.heard import Expectation, Option
from voice.settings import VoiceSettings

_YES_OR_NO = re.compile(r"(?:in der regel |grundsätzlich |meistens |meist )?(?:ja|nein)\b", re.IGNORECASE)

CONNECT_SECONDS = 2.0
TURN_SECONDS = 6.0  # the hub itself answers after 3 s where the dialogue is slow
SOUND_SECONDS = 3.0  # a call that is over waits so long for the sound of its message to arrive


class HubUnavailable(Exception):
    """The hub is down, slow or answered nonsense."""


@dataclass(frozen=True)
class Said:
    """One message for the caller. `more`: the long form, where it says more than the spoken one."""

    spoken: str
    kind: str = "text"
    more: str = ""
    citations: tuple[str, ...] = ()
    expects: Expectation | None = None
    article: str | None = None


@dataclass(frozen=True)
class HubTurn:
    """The replies to one turn and who holds the conversation now (`bot`, `waiting`, `human`, `closed`)."""

    state: str
    messages: tuple[Said, ...]


@dataclass(frozen=True)
class TransferTarget:
    """Where a call goes that asks for a person. `sentence` is said before."""

    available: bool
    sentence: str
    target: str | None = None
    offer: str | None = None  # where nobody can be reached: "callback", or "wait" in the queue


class Hub:
    """Shared by all calls of the process: one pool of connections. transport: another way than the network."""

    def __init__(self, settings: VoiceSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{settings.api_url}/api/v1",
            headers={"Authorization": f"Bearer {settings.service_token}"},
            timeout=httpx.Timeout(TURN_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            trust_env=False,
            transport=transport,
        )

    async def start(
        self, *, tenant: str | None, caller: str | None, can_transfer: bool
    ) -> tuple["HubConversation", HubTurn]:
        """Begin a conversation; its first turn is the greeting."""
        body: dict[str, Any] = {"channel": "phone", "can_transfer": can_transfer}
        if tenant:
            body["tenant"] = tenant
        if caller:
            body["caller"] = caller
        answer = await self._call("POST", "/conversations", json=body, timeout=CONNECT_SECONDS)
        return HubConversation(self, answer["id"]), _turn(answer)

    async def words(self, tenant: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Sites and services of a tenant, for the recogniser's vocabulary."""
        sites = await self._call("GET", "/sites", params={"tenant": tenant})
        services = await self._call("GET", "/services", params={"tenant": tenant})
        return sites, services

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _call(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            answer = await self._client.request(method, path, **arguments)
            answer.raise_for_status()
            return answer.json() if answer.content else None
        except (httpx.HTTPError, ValueError) as error:
            status = error.response.status_code if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
            raise HubUnavailable(f"{method} {path.split('/')[1]}: {status}") from error


class HubConversation:
    """One call's conversation."""

    def __init__(self, hub: Hub, conversation_id: str) -> None:
        self._hub = hub
        self.id = conversation_id

    async def say(self, *, key: str, text: str | None = None, payload: str | None = None) -> HubTurn:
        """One turn: what the caller said, or the choice that was meant. Raises HubUnavailable.

        key: the same for a second try, so that nothing happens twice.
        """
        body = {"payload": payload} if payload is not None else {"text": text}
        headers = {"Idempotency-Key": key}
        return _turn(await self._hub._call("POST", f"/conversations/{self.id}/messages", json=body, headers=headers))

    async def transfer_target(self) -> TransferTarget:
        """Whom the call goes to; the packet is on the desk before the telephone rings."""
        answer = await self._hub._call("POST", f"/telephone/calls/{self.id}/transfer-target")
        return TransferTarget(
            available=bool(answer.get("available")),
            sentence=answer.get("sentence") or "",
            target=answer.get("target"),
            offer=answer.get("offer"),
        )

    async def transfer_result(self, *, ok: bool, reason: str = "") -> HubTurn | None:
        """Tell the hub how the transfer went. After a failure it says how the call goes on."""
        answer = await self._hub._call(
            "POST", f"/telephone/calls/{self.id}/transfer-result", json={"ok": ok, "reason": reason}
        )
        return None if ok else _turn(answer)

    async def keep_sound(self, wav: bytes) -> None:
        """Give the hub the sound of the message that was just sent; the caller has agreed. Raises HubUnavailable."""
        await self._hub._call(
            "POST",
            f"/telephone/calls/{self.id}/sound",
            data={"consent": "true"},
            files={"sound": ("message.wav", wav, "audio/wav")},
            timeout=SOUND_SECONDS,
        )

    async def end(self) -> None:
        """The call is over: what must not be kept is wiped."""
        await self._hub._call("POST", f"/conversations/{self.id}/end")

    async def events(self) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        """Live events of the conversation, e.g. what a person writes; ends when the connection does."""
        try:
            async with aconnect_sse(
                self._hub._client, "GET", f"/conversations/{self.id}/events", timeout=httpx.Timeout(None, connect=2.0)
            ) as source:
                async for event in source.aiter_sse():
                    yield event.event, event.json()
        except (httpx.HTTPError, SSEError, ValueError):
            return


def said_of(message: dict[str, Any]) -> Said:
    """A message of the public interface as the telephone says it."""
    data = message.get("data") or {}
    expects = data.get("expects") or {}
    choices = tuple(Option(choice["title"], choice["payload"]) for choice in message.get("choices") or [])
    text, spoken = message.get("text") or "", message.get("spoken") or message.get("text") or ""
    if message.get("kind") == "answer" and _YES_OR_NO.match(spoken):
        spoken = f"{data.get('title') or ''} {spoken}".strip()  # yes to the article's question, not to the caller's
    if message.get("kind") == "clarify":
        spoken = _which(choices) or spoken
    return Said(
        spoken=spoken,
        kind=message.get("kind") or "text",
        more=text if message.get("kind") == "answer" and len(text) > len(spoken) * 1.3 else "",
        citations=tuple(citation["label"] for citation in message.get("citations") or []),
        expects=Expectation(expects.get("kind", "free"), choices, expects.get("slot") or "")
        if expects or choices
        else None,
        article=message.get("article"),
    )


def _which(choices: Sequence[Option]) -> str:
    """The choices of a question asked back, one sentence each, so that the caller can say "das Zweite"."""
    titles = [choice.title for choice in choices if choice.payload.startswith("/ask_article")]
    if len(titles) < 2:
        return ""
    places = zip(("Erstens", "Zweitens", "Drittens"), titles, strict=False)
    return " ".join(["Was meinen Sie?", *(f"{place}: {title}" for place, title in places)])


def _turn(answer: dict[str, Any]) -> HubTurn:
    try:
        return HubTurn(answer["state"], tuple(said_of(m) for m in answer["messages"] if m.get("role") != "citizen"))
    except (KeyError, TypeError) as error:
        raise HubUnavailable("unreadable answer") from error
