"""The dialogue server as the hub sees it: one call a turn, bounded in time."""

from typing import Any

import httpx
import structlog
from pydantic import ValidationError

from api.conversations.schemas import Reply
from api.settings import Settings

log = structlog.get_logger()


class RasaUnavailable(Exception):
    """The dialogue server is down, slow or answered nonsense."""


class RasaClient:
    """Sends turns to the dialogue's channel. `timeout` in seconds; any failure is `RasaUnavailable`."""

    def __init__(self, settings: Settings) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"{settings.rasa_url}/webhooks/hub",
            headers={"Authorization": f"Bearer {settings.rasa_token}"},
            timeout=settings.rasa_timeout,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
            trust_env=False,
        )

    async def turn(self, *, sender: str, message: str, metadata: dict[str, str]) -> list[Reply]:
        """The dialogue's replies to one message of a conversation (`sender`)."""
        try:
            response = await self._client.post(
                "/webhook", json={"sender": sender, "message": message, "metadata": metadata}
            )
            response.raise_for_status()
            replies = [reply for item in response.json() if (reply := _reply(item)) is not None]
        except (httpx.HTTPError, ValidationError, ValueError) as error:
            log.warning("dialogue_unavailable", error=type(error).__name__)
            raise RasaUnavailable from error
        if not replies:  # Rasa answers so when its action server or its tracker fails
            log.warning("dialogue_unavailable", error="no reply")
            raise RasaUnavailable
        return replies

    async def ready(self) -> bool:
        """Whether Rasa answers; it listens only after its model was loaded."""
        try:
            return (await self._client.get("/")).is_success
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


def _reply(item: dict[str, Any]) -> Reply | None:
    if "custom" in item:
        return Reply.model_validate(item["custom"])
    if not item.get("text"):
        return None
    return Reply(text=item["text"], choices=item.get("buttons") or [])
