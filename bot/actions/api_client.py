"""Calls to the hub (api/), the only thing the action server talks to.

Every failure is one of two: `ApiUnavailable` (nobody answers, or an error on their side) or `ApiProblem` (the hub says
no, with a German sentence that a citizen can read).
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from api.languages.catalog import GERMAN, locale_of
from bot.actions.language import current_language

# The hub waits three seconds for a whole turn; one call must leave room for the rest of it.
TIMEOUT_SECONDS = 2.0
CATALOGUE_SECONDS = 60


class ApiUnavailable(Exception):
    """The hub did not answer, or failed itself."""


class ApiProblem(Exception):
    """The hub refused (RFC 9457). `detail` may be said to the citizen; `alternatives` are free slots nearby."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status = status
        self.detail = str(document.get("detail") or "Das geht leider nicht.")
        self.alternatives: list[dict[str, Any]] = document.get("alternatives") or []
        self.type = str(document.get("type") or "")
        super().__init__(f"{status} {self.detail}")


class Api:
    """The calls that the dialogue needs, as plain dictionaries of the public interface."""

    def __init__(self) -> None:
        self._catalogue: dict[tuple[str, str, str], tuple[float, list[dict[str, Any]]]] = {}

    # --- knowledge

    async def search(
        self, text: str, *, tenant: str, previous: str | None = None, limit: int = 5
    ) -> dict[str, Any]:
        """`previous`: what the talk was about, so that "und für meine Tochter?" is understood."""
        params = {"q": text[:1000], "tenant": tenant, "limit": limit, "language": locale_of(current_language())}
        if previous:
            params["previous"] = previous
        found: dict[str, Any] = await self._call("GET", "/knowledge/search", params=params)
        return found

    async def article(self, article_id: str, *, tenant: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._call(
            "GET",
            f"/knowledge/articles/{_segment(article_id)}",
            params={"tenant": tenant, "language": locale_of(current_language())},
        )
        return found

    async def checklist(self, *, tenant: str, limit: int, **answers: str) -> dict[str, Any]:
        """What to bring; answers that are left out are not known."""
        params = {"tenant": tenant, "limit": limit, **answers}
        found: dict[str, Any] = await self._call("GET", "/knowledge/checklist", params=params)
        return found

    async def worked_example(self, *, tenant: str, **figures: Any) -> dict[str, Any]:
        """An example with somebody's own figures. 409 where an amount is missing, 422 where figures contradict."""
        found: dict[str, Any] = await self._call(
            "POST", "/knowledge/worked-example", params={"tenant": tenant}, json=figures
        )
        return found

    # --- appointments

    async def sites(self, *, tenant: str) -> list[dict[str, Any]]:
        return await self._listed("/sites", tenant, GERMAN)

    async def services(self, *, tenant: str, language: str | None = None) -> list[dict[str, Any]]:
        """`language` of the names and lists; None: the one of the turn."""
        return await self._listed("/services", tenant, language or locale_of(current_language()))

    async def slots(
        self, *, tenant: str, service: str, site: str | None, first: date | datetime, last: date, limit: int = 1000
    ) -> list[dict[str, Any]]:
        params = {
            "tenant": tenant,
            "service": service,
            "from": first.isoformat(),
            "to": last.isoformat(),
            "limit": limit,
        }
        if site:
            params["site"] = site
        found: list[dict[str, Any]] = await self._call("GET", "/appointments/slots", params=params)
        return found

    async def book(self, *, key: str, **fields: Any) -> dict[str, Any]:
        booked: dict[str, Any] = await self._call(
            "POST", "/appointments", json=fields, headers={"Idempotency-Key": key}
        )
        return booked

    async def move(self, appointment_id: str, *, starts_at: str, site: str | None) -> dict[str, Any]:
        fields = {"starts_at": starts_at, **({"site": site} if site else {})}
        moved: dict[str, Any] = await self._call("PATCH", f"/appointments/{_segment(appointment_id)}", json=fields)
        return moved

    async def cancel(self, appointment_id: str) -> None:
        await self._call("DELETE", f"/appointments/{_segment(appointment_id)}")

    async def appointment(self, appointment_id: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._call("GET", f"/appointments/{_segment(appointment_id)}")
        return found

    async def find_appointment(self, *, conversation: str, code: str, name: str) -> dict[str, Any]:
        """By the spoken code and the surname. 404 where they do not fit together, 429 after too many tries."""
        fields = {"conversation": conversation, "code": code, "name": name}
        found: dict[str, Any] = await self._call("POST", "/appointments/find", json=fields)
        return found

    async def appointments(self, conversation: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._call("GET", f"/conversations/{_segment(conversation)}/appointments")
        return found

    # --- the office

    async def offices(self, *, tenant: str, place: str | None = None, topic: str | None = None) -> dict[str, Any]:
        """Who is responsible; `place` and `topic` are ids or a citizen's own words."""
        params = {"tenant": tenant, "language": locale_of(current_language())}
        params |= {name: value[:1000] for name, value in (("place", place), ("topic", topic)) if value}
        found: dict[str, Any] = await self._call("GET", "/offices", params=params)
        return found

    async def forms(self, wanted: str, *, tenant: str) -> dict[str, Any]:
        """The form that an id or a citizen's words mean, a few of them, or all."""
        params = {"tenant": tenant, "language": locale_of(current_language()), "q": wanted[:1000]}
        found: dict[str, Any] = await self._call("GET", "/forms", params=params)
        return found

    # --- people

    async def request_handoff(
        self,
        conversation: str,
        *,
        reason: str,
        topic: str | None,
        urgent: bool,
        collected: dict[str, str],
        site: str | None = None,
        patience: float = TIMEOUT_SECONDS,
    ) -> dict[str, Any]:
        """`patience` in seconds; `site`: where the matter belongs to, if that was said."""
        fields = {"reason": reason, "topic": topic, "urgent": urgent, "collected": collected}
        if site:
            fields["site"] = site
        answer: dict[str, Any] = await self._call(
            "POST", f"/conversations/{_segment(conversation)}/handoff", json=fields, patience=patience
        )
        return answer

    async def choose_language(self, conversation: str, language: str) -> None:
        await self._call("PUT", f"/conversations/{_segment(conversation)}/language", json={"language": language})

    async def withdraw_handoff(self, conversation: str) -> None:
        await self._call("DELETE", f"/conversations/{_segment(conversation)}/handoff")

    async def leave_message(self, *, key: str, **fields: Any) -> dict[str, Any]:
        left: dict[str, Any] = await self._call("POST", "/inbox", json=fields, headers={"Idempotency-Key": key})
        return left

    # --- how

    async def _listed(self, path: str, tenant: str, language: str) -> list[dict[str, Any]]:
        """Sites and services change rarely and are needed in almost every turn of a form."""
        known = self._catalogue.get((path, tenant, language))
        if known and time.monotonic() - known[0] < CATALOGUE_SECONDS:
            return known[1]
        found: list[dict[str, Any]] = await self._call("GET", path, params={"tenant": tenant, "language": language})
        self._catalogue[(path, tenant, language)] = (time.monotonic(), found)
        return found

    async def _call(self, method: str, path: str, *, patience: float = TIMEOUT_SECONDS, **arguments: Any) -> Any:
        address = os.environ.get("LOTSE_API_URL", "http://127.0.0.1:8000").rstrip("/") + "/api/v1" + path
        headers = {"Authorization": f"Bearer {os.environ.get('LOTSE_SERVICE_TOKEN', '')}"} | arguments.pop(
            "headers", {}
        )
        try:
            # a session for each call: nothing stays open when the process is stopped, and the hub is near
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=patience)) as session,
                session.request(method, address, headers=headers, **arguments) as response,
            ):
                if response.status >= 500:
                    raise ApiUnavailable(f"{method} {path}: {response.status}")
                body = None if response.status == 204 else await response.json(content_type=None)
                if response.status >= 400:
                    raise ApiProblem(response.status, body if isinstance(body, dict) else {})
                return body
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:  # noqa: UP041 - another class in 3.10
            raise ApiUnavailable(f"{method} {path}: {type(error).__name__}") from error


def _segment(identifier: str) -> str:
    """An identifier as one path segment; it may come from a pressed choice."""
    return quote(identifier, safe="")


api = Api()
