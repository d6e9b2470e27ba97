"""The one way into the dialogue: Rasa's REST channel, opened only to the hub by a token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.channels.rest import RestInput
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse


class HubInput(RestInput):
    """`POST /webhooks/hub/webhook` like Rasa's own REST channel, with `Authorization: Bearer <token>`."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}"

    @classmethod
    def name(cls) -> str:
        return "hub"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> HubInput:
        token = (credentials or {}).get("token")
        if not token:
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        webhook = super().blueprint(on_new_message)

        @webhook.middleware("request")
        async def only_the_hub(request: Request) -> HTTPResponse | None:
            if hmac.compare_digest(request.headers.get("authorization", "").encode(), self._expected.encode()):
                return None
            return response.json({"status": "unauthorized"}, status=401)

        return webhook
