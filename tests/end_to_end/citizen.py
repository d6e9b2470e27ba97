"""A citizen at the public interface of a running system: says things, presses choices, reads replies."""

from typing import Any, Self

import httpx


class Citizen:
    """One conversation. `replies` are the messages of the last turn."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.http = httpx.Client(timeout=30, trust_env=False)
        started = self.http.post(f"{api}/conversations", json={"channel": "web"}).raise_for_status().json()
        self.id: str = started["id"]
        self.token: str = started["token"]
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self.state: str = started["state"]
        self.replies: list[dict[str, Any]] = started["messages"]

    def _send(self, body: dict[str, str]) -> Self:
        answer = self.http.post(f"{self.api}/conversations/{self.id}/messages", json=body, headers=self.headers)
        turn = answer.raise_for_status().json()
        self.state, self.replies = turn["state"], turn["messages"]
        return self

    def says(self, text: str) -> Self:
        """Write something."""
        return self._send({"text": text})

    def presses(self, payload: str) -> Self:
        """Press a choice by its payload."""
        return self._send({"payload": payload})

    def presses_first(self, start: str) -> dict[str, str]:
        """Press the first offered choice whose payload starts so; returns the choice."""
        choice = next(choice for choice in self.choices if choice["payload"].startswith(start))
        self.presses(choice["payload"])
        return choice

    @property
    def choices(self) -> list[dict[str, str]]:
        """All choices of the last turn."""
        return [choice for reply in self.replies for choice in reply["choices"]]

    @property
    def kinds(self) -> list[str]:
        """Kinds of the last replies."""
        return [reply["kind"] for reply in self.replies]

    @property
    def text(self) -> str:
        """The last replies as one text."""
        return "\n".join(reply["text"] for reply in self.replies)

    def reply(self, kind: str) -> dict[str, Any]:
        """The first of the last replies of a kind."""
        found = [reply for reply in self.replies if reply["kind"] == kind]
        assert found, f"no {kind} among {self.kinds}: {self.text}"
        return found[0]

    def appointments(self) -> list[dict[str, Any]]:
        """What is booked in this conversation."""
        return self.http.get(f"{self.api}/conversations/{self.id}/appointments", headers=self.headers).json()

    def transcript(self) -> list[dict[str, Any]]:
        """All lines."""
        return self.http.get(f"{self.api}/conversations/{self.id}", headers=self.headers).json()["messages"]
