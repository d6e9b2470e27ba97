"""All doors together, as the process opens them, and what exchanges ask around a call."""

import asyncio
import socket

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from other_end import Bots, free_port

from voice.lines.calls import Calls, Capacity
from voice.lines.doors import Doors
from voice.lines.line import Line
from voice.lines.settings import LineSettings, host_and_port
from voice.lines.tokens import sign_token

SECRET = "a-secret"
AFAR = {"X-Forwarded-For": "203.0.113.7"}


def ask(doors: Doors) -> TestClient:
    app = FastAPI()
    app.include_router(doors.router())
    return TestClient(app, client=("127.0.0.1", 1))


def test_one_door_that_cannot_be_opened_leaves_the_others_open() -> None:
    async def run() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = free_port()
            doors = Doors(
                LineSettings(
                    sip=True, sip_listen=f"127.0.0.1:{port}", audiosocket=True,
                    audiosocket_listen=f"127.0.0.1:{taken.getsockname()[1]}",
                ),
                calls=2, secret=SECRET,
            )
            await doors.open(Bots())
            state = doors.state()
            assert "problem" in state["audiosocket"]  # type: ignore[operator]
            assert state["sip"]["listening"] == f"127.0.0.1:{port}"  # type: ignore[index]
            assert state["stream"]["listening"] == "/voice/stream"  # type: ignore[index]
            await doors.close()
            assert doors.state()["sip"]["listening"] is None  # type: ignore[index]

    asyncio.run(run())


def test_without_settings_only_the_page_is_open() -> None:
    doors = Doors(LineSettings(), calls=2, secret=SECRET)
    assert list(doors.state()) == ["stream"]
    assert doors.state()["stream"]["dialects"] == ["browser"]  # type: ignore[index]
    assert ask(doors).post("/voice/calls").status_code == 404


def test_the_dialplan_gets_a_uuid_and_later_the_target() -> None:
    doors = Doors(LineSettings(audiosocket=True), calls=2, secret=SECRET)
    client = ask(doors)
    name = client.post("/voice/calls", data={"caller": "0331 5550123", "tenant": "kreis"}).text
    assert len(name) == 36
    assert client.get(f"/voice/calls/{name}/result").text == ""
    doors._results.put(name, "4711")
    assert client.get(f"/voice/calls/{name}/result").text == "4711"


def test_providers_are_told_what_to_do_after_the_call() -> None:
    doors = Doors(LineSettings(), calls=2, secret=SECRET)
    client = ask(doors)
    doors._results.put("CA1", "+49331")
    doors._results.put("j-1", "4711")
    assert "<Dial><Number>+49331" in client.post("/voice/calls/twiml", data={"CallSid": "CA1"}).text
    assert "<Hangup/>" in client.post("/voice/calls/twiml", data={"CallSid": "CA2"}).text
    assert client.post("/voice/calls/jambonz", json={"call_sid": "j-1"}).json()[0]["referTo"] == "4711"
    assert client.post("/voice/calls/jambonz", json={}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "dialect"),
    [("POST", "/voice/calls", "asterisk"), ("GET", "/voice/calls/x/result", "asterisk"),
     ("POST", "/voice/calls/twiml", "twilio"), ("POST", "/voice/calls/jambonz", "jambonz")],
)
def test_from_afar_nobody_asks_without_a_token(method: str, path: str, dialect: str) -> None:
    client = ask(Doors(LineSettings(audiosocket=True), calls=2, secret=SECRET))
    assert client.request(method, path, headers=AFAR).status_code == 401
    other = sign_token(SECRET, "browser", 10**10)
    assert client.request(method, f"{path}?token={other}", headers=AFAR).status_code == 401
    good = sign_token(SECRET, dialect, 10**10)
    assert client.request(method, f"{path}?token={good}", headers=AFAR).status_code != 401


def test_a_call_that_breaks_is_hung_up_and_frees_its_seat() -> None:
    class Silent(Line):
        door, id, hung_up = "test", "1", False

        async def hangup(self) -> None:
            self.hung_up = True

        received = write = flush = drained = None  # type: ignore[assignment]

    async def breaks(_: Line) -> None:
        raise RuntimeError

    async def run() -> None:
        capacity = Capacity(1)
        calls = Calls(breaks, capacity)
        assert capacity.take()
        assert not capacity.take()
        line = Silent()
        await asyncio.wait({calls.begin(line)}, timeout=5)
        await asyncio.sleep(0)
        assert line.hung_up
        assert len(calls) == 0
        assert capacity.take()

    asyncio.run(run())


@pytest.mark.parametrize("address", ["", "x", "host:", ":5", "host:99999", "host:x"])
def test_an_address_is_host_and_port(address: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        host_and_port(address)


def test_addresses_may_be_of_version_six() -> None:
    assert host_and_port("[::1]:5060") == ("::1", 5060)
