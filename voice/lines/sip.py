"""SIP: Lotse as an extension of an exchange or at the end of its trunk, without a telephone system of its own.

Everything that is special to the library (baresip-python, an alpha version) stays in this file. What is known of it:

- It sends a re-INVITE about 100 ms after speech flows; callers must answer it, and until they did nothing else can be
  renegotiated.
- What is written within a tick after a flush is flushed too, so nothing is written for two.
- It tells nobody where a request came from but its trace, so the trace is read for that.
- An account that names a transport refuses calls by any other (404); so the proxy names it, not the account.
- One runtime per process; one that died cannot be started again: the process must be.
"""

import asyncio
import contextlib
import logging
import re
import socket
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import quote

import baresip
import structlog
from baresip import Account, BaresipError, Call, CallState, Config, Event, Runtime, StackEvent, UserAgent

from voice.lines.calls import Calls, Capacity, within
from voice.lines.intake import Intake, ProtocolError
from voice.lines.line import FRAME_BYTES, FRAME_MILLISECONDS, Digit, Door, Line, OnCall, TransferFailed
from voice.lines.names import EXTENSION, e164, new_call_id
from voice.lines.settings import LineSettings, Network, host_and_port

log = structlog.get_logger()

POLL_SECONDS = 0.01
TICK = FRAME_MILLISECONDS / 1000
AHEAD_BYTES = 3 * FRAME_BYTES  # in the library; measured enough for 20 calls on two cores
AFTER_FLUSH_SECONDS = 2 * TICK
ESTABLISH_SECONDS = 8.0
SOURCE_SECONDS = 0.5
SETTLE_SECONDS = 0.3  # the library's own re-INVITE
RESOLVE_SECONDS = 5.0
SIP_ADDRESS = re.compile(r"sips?:[^\s<>\"]{1,200}")


class SipLine(Line):
    """One answered call."""

    door = "sip"
    can_transfer = True

    def __init__(self, call: Call, door: "SipDoor", *, caller: str | None, tenant: str | None) -> None:
        self.id = new_call_id()
        self.caller = caller
        self.tenant = tenant
        self._call = call
        self._door = door
        self._intake = Intake()
        self._unplayed = bytearray()
        self._flushes = 0
        self._not_before = 0.0
        self._room = asyncio.Event()
        self._played = asyncio.Event()
        self._played.set()
        self.gone = asyncio.Event()
        self.starved_frames = 0
        call.on(self._on_event)
        call.on_dtmf(self._on_key)
        if call.state is CallState.CLOSED:
            self.end()
        self._exchanging = asyncio.create_task(self._exchange_audio(), name=f"sip audio {self.id}")

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.CALL_CLOSED:
            self.end()

    def _on_key(self, pressed: baresip.DigitEvent) -> None:
        try:
            self._intake.press(pressed.digit)
        except ProtocolError as error:
            log.warning("key_ignored", call=self.id, problem=str(error))

    def end(self) -> None:
        """The call is over: everybody who waits on it returns."""
        self._intake.end()
        self.gone.set()
        self.flush()

    async def _exchange_audio(self) -> None:
        audio = self._call.audio
        polls = 0
        while not self.gone.is_set():
            try:
                while heard := audio.read(10 * FRAME_BYTES):
                    self._intake.hear(heard)
                self._feed()
                polls += 1
                if polls % 50 == 0:
                    self.starved_frames = audio.stats().tx_starved_frames
            except (baresip.AudioNotActive, baresip.AudioRestarted):
                pass  # on hold, or renegotiated: the next poll binds to the new streams
            except ProtocolError as error:
                log.warning("call_refused", call=self.id, problem=str(error))
                await within(self.hangup(), 5.0)
                return
            await asyncio.sleep(POLL_SECONDS)

    def _feed(self) -> None:
        """Hand whole frames to the library, so that it never runs dry in the middle of one."""
        if self._played.is_set() or time.monotonic() < self._not_before:
            return
        buffered = self._call.audio.info().tx_buffered
        if not self._unplayed:
            if not buffered:
                self._played.set()
            return
        size = min(AHEAD_BYTES - buffered, len(self._unplayed)) // FRAME_BYTES * FRAME_BYTES
        if size > 0:
            taken = self._call.audio.write(bytes(self._unplayed[:size]))
            del self._unplayed[:taken]
            self._room.set()
        elif len(self._unplayed) < FRAME_BYTES and buffered < FRAME_BYTES:
            self._call.audio.write(bytes(self._unplayed).ljust(FRAME_BYTES, b"\0"))
            self._unplayed.clear()
            self._room.set()

    def received(self) -> AsyncIterator[bytes | Digit]:
        """Frames and keys until the caller hangs up; the library ends a call without packets."""
        return self._intake.received()

    async def write(self, audio: bytes) -> None:
        """Queue audio for the library."""
        if len(audio) % 2:
            raise ValueError("audio of 16 bit has an even number of bytes")
        rest = memoryview(audio)
        flushes = self._flushes
        while rest and not self.gone.is_set() and flushes == self._flushes:
            room = FRAME_BYTES - len(self._unplayed)
            if room > 0:
                self._unplayed += rest[:room]
                rest = rest[room:]
                self._played.clear()
                continue
            with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
                self._feed()
            if len(self._unplayed) >= FRAME_BYTES:
                self._room.clear()
                await self._room.wait()

    def flush(self) -> None:
        """Take back what the library did not send."""
        self._unplayed.clear()
        self._flushes += 1
        self._not_before = time.monotonic() + AFTER_FLUSH_SECONDS
        self._room.set()
        self._played.set()
        with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
            self._call.audio.flush_tx()

    async def drained(self) -> None:
        """Wait for the last frame to be on its way and heard."""
        if not self._played.is_set():
            await self._played.wait()
            if not self.gone.is_set():
                await asyncio.sleep(TICK)

    async def transfer(self, target: str, *, attended: bool = False) -> None:
        """REFER, blind or after a call to the extension; waits for the exchange to report how it went."""
        address = self._door.address_of(target, self._call)
        try:
            if attended:
                await self._transfer_attended(address)
            else:
                await self._call.transfer(address, timeout=self._door.settings.transfer)
        except (BaresipError, ValueError) as error:
            raise TransferFailed(f"transfer by SIP: {error}") from error

    async def _transfer_attended(self, address: str) -> None:
        consultation = await self._door.dial(address)
        try:
            await self._unless_gone(consultation.wait_established(self._door.settings.sip_consult))
            await self._unless_gone(self._splice(consultation))
        except BaseException:
            await self._resume()
            raise
        finally:  # where the transfer went well the exchange has replaced it, or should have
            await _quietly(consultation.hangup())

    async def _splice(self, consultation: Call) -> None:
        for attempt in range(5):
            await asyncio.sleep(SETTLE_SECONDS)
            try:
                await self._call.attended_transfer(consultation, timeout=self._door.settings.transfer)
            except BaresipError as error:
                if type(error) is not BaresipError or attempt == 4:
                    raise
            else:
                return

    async def _resume(self) -> None:
        for _ in range(5):
            if self.gone.is_set() or await _quietly(self._call.resume()):
                return
            await asyncio.sleep(SETTLE_SECONDS)

    async def _unless_gone(self, step: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(step)
        gone = asyncio.create_task(self.gone.wait())
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            # A transfer that succeeds ends the call too, a moment before it is reported.
            await asyncio.wait({task}, timeout=SETTLE_SECONDS)
            if not task.done():
                raise BaresipError("the caller hung up")
            await task
        finally:
            gone.cancel()
            task.cancel()

    async def hangup(self) -> None:
        """BYE."""
        if not self.gone.is_set():
            await _quietly(self._call.hangup())
            self.end()
        if self._exchanging is not asyncio.current_task():
            self._exchanging.cancel()


async def _quietly(step: Coroutine[Any, Any, None]) -> bool:
    """Whether a step went well that may also come too late."""
    try:
        await step
    except BaresipError:
        return False
    return True


class SipDoor(Door):
    """Registers as an extension, or waits as a trunk; answers calls of known peers while there is room."""

    name = "sip"

    def __init__(self, settings: LineSettings, capacity: Capacity) -> None:
        self.settings = settings
        self._capacity = capacity
        self._runtime: Runtime | None = None
        self._agent: UserAgent | None = None
        self._calls: Calls | None = None
        self._sources = _Sources()
        self._peers: list[Network] = list(settings.sip_peers)
        self._registered = False
        self._registering: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._dead = False
        self._refused = 0
        self._starved = 0

    async def open(self, on_call: OnCall) -> None:
        """Start the stack and, as an extension, the registration. Raises OSError or ValueError."""
        settings = self.settings
        if settings.sip_register and not settings.sip_domain:
            raise ValueError("LOTSE_VOICE_SIP_REGISTER needs LOTSE_VOICE_SIP_DOMAIN: whom to register with")
        await asyncio.to_thread(_check_free, settings.sip_listen)
        self._peers = [*settings.sip_peers, *await _addresses_of(settings.sip_domain, settings.sip_proxy)]
        self._calls = Calls(on_call, self._capacity)
        self._runtime = Runtime()
        try:
            await self._runtime.start(_config(settings, self._capacity.limit))
            self._runtime.on_dead = self._on_dead
            self._sources.listen()
            self._agent = await UserAgent.create(self._runtime, _account(settings), transfer_policy="reject")
        except BaresipError as error:
            await self.close()
            raise OSError(f"SIP on {settings.sip_listen}: {error}") from error
        self._agent.on(self._on_event)
        self._agent.on_incoming(self._on_incoming)
        if settings.sip_register:
            self._registering = asyncio.create_task(self._register(self._agent))

    async def close(self) -> None:
        """Refuse new calls, hang up the running ones, leave the exchange's register, stop the stack."""
        if self._registering is not None:
            self._registering.cancel()
        runtime, self._runtime = self._runtime, None
        if runtime is None:
            return
        if not self._dead:
            draining = asyncio.create_task(runtime.drain())
            if self._calls is not None:
                await self._calls.close()
            await within(draining, 5.0)
            if self._agent is not None and self._registered:
                await within(self._agent.unregister(timeout=3.0), 4.0)
            try:
                await runtime.close()
            except BaresipError as error:
                log.error("sip_not_closed", problem=str(error))
        self._sources.stop()

    def state(self) -> dict[str, object]:
        """Where it listens and how it does. `refused`: calls of strangers; `starved`: frames that broke off."""
        return {
            "listening": self.settings.sip_listen if self._runtime is not None and not self._dead else None,
            "registered": self._registered if self.settings.sip_register else None,
            "calls": len(self._calls) if self._calls is not None else 0,
            "refused": self._refused,
            "starved": self._starved,
            "dead": self._dead,
        }

    def address_of(self, target: str, call: Call) -> str:
        """An extension as an address at the exchange; whole SIP addresses stay as they are. Raises TransferFailed."""
        if SIP_ADDRESS.fullmatch(target):
            return target
        if not EXTENSION.fullmatch(target):
            raise TransferFailed(f"'{target}' is no extension")
        domain = self.settings.sip_domain or _host(call.peer or "")
        return f"sip:{quote(target, safe='+*')}@{domain}"

    async def dial(self, address: str) -> Call:
        """Call an extension. Raises BaresipError."""
        if self._agent is None or self._runtime is None:
            raise BaresipError("the door is closed")
        # A busy extension may answer before the library's call listens, which would then wait in vain.
        missed: list[StackEvent] = []
        self._runtime.subscribe(missed.append)
        try:
            call = await self._agent.dial(address)
        finally:
            self._runtime.unsubscribe(missed.append)
        for event in missed:
            call._on_stack_event(event)  # passes over those of other calls
        return call

    def _on_dead(self) -> None:
        log.critical("sip_stack_died", hint="this process must be started again to take calls by SIP")
        self._dead = True
        self._registered = False
        if self._calls is not None:
            for line in self._calls.lines():
                if isinstance(line, SipLine):
                    line.end()

    def _on_event(self, event: StackEvent) -> None:
        if event.event is Event.REGISTER_OK:
            self._registered = True
        elif event.event is Event.REGISTER_FAIL:
            self._registered = False
            log.warning("sip_not_registered", problem=event.text)

    async def _register(self, agent: UserAgent) -> None:
        """Until it works; afterwards the library refreshes by itself and reports."""
        pause = 2.0
        while True:
            try:
                await agent.register()
            except BaresipError:
                await asyncio.sleep(pause)
                pause = min(60.0, pause * 2)
            else:
                return

    def _on_incoming(self, call: Call) -> None:
        task = asyncio.create_task(self._take(call))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _take(self, call: Call) -> None:
        source = await self._sources.of(call.call_id or "")
        if source is None or not any(source in network for network in self._peers):
            self._refused += 1
            log.warning("call_of_stranger_refused", source=str(source))
            await _quietly(call.reject())
            return
        if not self._capacity.take():
            log.warning("call_refused_busy", limit=self._capacity.limit)
            await _quietly(call.reject())
            return
        try:
            line = await self._answer(call)
        except BaresipError as error:
            self._capacity.give()
            log.info("call_gone_before_answer", problem=type(error).__name__)
            return
        except BaseException:
            self._capacity.give()
            raise
        assert self._calls is not None  # noqa: S101
        task = self._calls.begin(line)
        task.add_done_callback(lambda _: self._count(line))

    def _count(self, line: SipLine) -> None:
        self._starved += line.starved_frames

    async def _answer(self, call: Call) -> SipLine:
        if self.settings.sip_ring:
            await asyncio.sleep(self.settings.sip_ring)
        await call.answer()
        await call.wait_established(ESTABLISH_SECONDS)
        dialled = _user(call.headers.get("To", ""))
        caller = call.headers.get("P-Asserted-Identity") or call.headers.get("From") or call.peer or ""
        return SipLine(
            call,
            self,
            caller=e164(_user(caller), self.settings.country),
            tenant=self.settings.sip_tenants.get(dialled),
        )


class _Sources(logging.Handler):
    """Reads the trace for the address a call came from. Nothing of it is kept but Call-ID and address."""

    _REQUEST = re.compile(r"RX \w+ (\S+):\d+ -> \S+\s+INVITE .*?^(?:Call-ID|i)\s*:\s*(\S+)\s*$", re.M | re.S | re.I)

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._seen: OrderedDict[str, IPv4Address | IPv6Address] = OrderedDict()
        self._logger = logging.getLogger("baresip.native.sip")

    def listen(self) -> None:
        """Begin; the trace goes nowhere else, as it holds numbers."""
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        self._logger.addHandler(self)

    def stop(self) -> None:
        """Read no more."""
        self._logger.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """One message of the trace, in the library's log thread."""
        match = self._REQUEST.match(record.getMessage())
        if match is None:
            return
        try:
            source = ip_address(match[1].strip("[]").partition("%")[0])
        except ValueError:
            return
        self._seen.setdefault(match[2], source)
        while len(self._seen) > 1000:
            self._seen.popitem(last=False)

    async def of(self, call_id: str) -> IPv4Address | IPv6Address | None:
        """Where the call came from; the trace may be a moment behind the call."""
        deadline = time.monotonic() + SOURCE_SECONDS
        while call_id not in self._seen and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        source = self._seen.pop(call_id, None)
        return source.ipv4_mapped or source if isinstance(source, IPv6Address) else source


def _user(address: str) -> str:
    """`4711` of `"Anna" <sip:4711@host>;tag=x`."""
    match = re.search(r"(?:sips?|tel):([^@;>\s]+)", address)
    return match[1] if match else ""


def _host(address: str) -> str:
    """`host:port` of `sip:4711@host:port;transport=udp`."""
    return re.split(r"[;>?]", address.rpartition("@")[2].removeprefix("sip:"))[0]


def _config(settings: LineSettings, limit: int) -> Config:
    host, _ = host_and_port(settings.sip_listen)
    lines = [f"sip_listen {settings.sip_listen}", f"rtp_ports {settings.sip_rtp_ports}"]
    transports = ["udp", "tcp"]
    if settings.sip_certificate is not None or settings.sip_transport == "tls":
        transports.append("tls")
    lines.append("sip_transports " + ",".join(transports))
    if settings.sip_certificate is not None:
        lines.append(f"sip_certificate {settings.sip_certificate}")
    if settings.sip_ca is not None:
        lines.append(f"sip_cafile {settings.sip_ca}")
    lines.append(f"sip_verify_server {'yes' if settings.sip_verify else 'no'}")
    return Config(
        net_interface=settings.sip_interface or (None if host in ("0.0.0.0", "::") else host),  # noqa: S104
        max_concurrent_calls=2 * limit + 8,  # the limit is ours; a consultation is a call too
        rtp_timeout=max(1, round(settings.silent_peer)),
        expose_headers=("To", "From", "P-Asserted-Identity"),
        sip_trace=True,
        extra_config_text="\n".join(lines) + "\n",
    )


def _account(settings: LineSettings) -> str:
    parameters = ["catchall=yes"]
    if settings.sip_srtp != "off":
        parameters.append("mediaenc=" + {"offered": "srtp", "required": "srtp-mand"}[settings.sip_srtp])
    proxy = settings.sip_proxy
    if settings.sip_transport != "udp" and (proxy or settings.sip_domain):
        proxy = f"{proxy or settings.sip_domain};transport={settings.sip_transport}"
    account = Account(
        user=settings.sip_user,
        domain=settings.sip_domain or settings.sip_listen,
        password=settings.sip_password.get_secret_value(),
        registrar=proxy,
        reg_interval=settings.sip_register,
        audio_codecs=tuple(settings.sip_codecs),
        auth_user=settings.sip_auth_user,
        extra_params=tuple(parameters),
    )
    return account.aor().replace(";transport=udp>", ">", 1)


def _check_free(address: str) -> None:
    """The library goes on without a port it cannot have. Raises OSError."""
    host, port = host_and_port(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise OSError(f"SIP cannot listen on {address}: {error.strerror}") from error


async def _addresses_of(*hosts: str | None) -> list[Network]:
    """The exchange's own addresses; one that cannot be resolved is logged, as SRV names cannot be."""
    found: list[Network] = []
    for host in hosts:
        if host is None:
            continue
        name = _host(host.removeprefix("sips:")).strip("[]")
        name = name if name.count(":") > 1 else name.partition(":")[0]
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                answers = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_DGRAM)
        except (OSError, TimeoutError) as error:
            log.warning("sip_exchange_not_resolved", host=name, error=type(error).__name__)
            continue
        found += [ip_network(answer[4][0]) for answer in answers]
    return found
