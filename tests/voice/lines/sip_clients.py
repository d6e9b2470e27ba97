"""Real SIP clients that call us: Debian's SIPp and baresip, at ports that are free."""

import asyncio
import os
import shutil
import wave
from dataclasses import dataclass
from pathlib import Path

from other_end import free_port, tone

from voice.lines import g711

SCENARIOS = Path(__file__).parent / "sipp"
MODULES = Path("/usr/lib/baresip/modules")
HAVE_SIPP = shutil.which("sipp") is not None
HAVE_OPENSSL = shutil.which("openssl") is not None
HAVE_BARESIP = shutil.which("baresip") is not None and MODULES.is_dir()
# SIPp plays key presses from a capture, for which it opens a raw socket.
CAN_PRESS = HAVE_SIPP and os.geteuid() == 0 and Path("/usr/share/sip-tester/dtmf_2833_5.pcap").is_file()


@dataclass(frozen=True)
class Ran:
    """A client's end. `said`: what it wrote."""

    code: int
    said: str


async def run_client(*command: str, cwd: Path, seconds: float) -> Ran:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ran(process.returncode or 0, said.decode(errors="replace"))


async def sipp(
    scenario: str, port: int | None, folder: Path, *, own_port: int | None = None, calls: int = 1,
    caller: str = "03315550123", service: str = "4711", law: int = 8, outcome: str = "200 OK", talk: int = 600,
    rounds: int = -1, transport: str = "u1",
) -> Ran:
    """One client. Without `port` it waits for a call at `own_port`. Its files lie in `folder`."""
    own_port = own_port or free_port()
    folder = folder / f"sipp-{own_port}"
    folder.mkdir()
    (folder / "tone.alaw").write_bytes(g711.encode("alaw", tone(300, 1.0)))
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    for name, value in (("caller", caller), ("law", law), ("outcome", outcome), ("talk", talk), ("rounds", rounds)):
        text = text.replace(f"[{name}]", str(value))
    (folder / "scenario.xml").write_text(text)
    ran = await run_client(
        "sipp", *([f"127.0.0.1:{port}"] if port else []), "-sf", "scenario.xml", "-s", service, "-m", str(calls),
        "-r", str(calls), "-l", str(calls), "-i", "127.0.0.1", "-p", str(own_port), "-mp", str(free_port(40)),
        "-t", transport, "-nostdin", "-timeout", "25", "-timeout_error", "-trace_err", "-trace_logs",
        cwd=folder, seconds=30,
    )
    logged = "".join(path.read_text(errors="replace") for path in sorted(folder.glob("*.log")))
    return Ran(ran.code, logged)


async def baresip(
    port: int, folder: Path, *, seconds: int, sound: bytes, encrypted: bool = False
) -> tuple[Ran, bytes]:
    """Debian's baresip calls and plays `sound` for `seconds`; its output and what it heard (S16LE at 8 kHz).

    Encrypted: signalling by TLS, at the port after `port`, and speech by SRTP.
    """
    folder = folder / "baresip"
    folder.mkdir()
    with wave.open(str(folder / "say.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound)
    own_port = free_port()
    encryption = f"sip_certificate {folder.parent}/own.pem\nsip_verify_server no\nmodule srtp.so\n"
    (folder / "config").write_text(
        (encryption if encrypted else "") +
        f"sip_listen 127.0.0.1:{own_port}\nnet_interface 127.0.0.1\nmodule_path {MODULES}\n"
        f"audio_source aufile,{folder}/say.wav\naudio_player aufile,{folder}/unused.wav\nausrc_srate 8000\n"
        f"snd_path {folder}\nrtp_ports {own_port + 2}-{own_port + 8}\n"
        "module g711.so\nmodule aufile.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so\n"
    )
    secret = ";mediaenc=srtp-mand" if encrypted else ""
    (folder / "accounts").write_text(f"<sip:anna@127.0.0.1:{own_port}>;regint=0;audio_codecs=pcma/8000/1{secret}\n")
    (folder / "contacts").write_text("")
    address = f"sip:4711@127.0.0.1:{port + 1};transport=tls" if encrypted else f"sip:4711@127.0.0.1:{port}"
    ran = await run_client(
        "baresip", "-f", str(folder), "-t", str(seconds), "-e", f"/dial {address}",
        cwd=folder, seconds=seconds + 10,
    )
    heard = b""
    for path in folder.glob("dump-*dec*.wav"):
        data = path.read_bytes()
        heard += data[data.index(b"data") + 8 :]
    return ran, heard


async def make_certificate(folder: Path) -> Path:
    """Key and certificate in one file."""
    ran = await run_client(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2",
        "-keyout", "key.pem", "-out", "certificate.pem", cwd=folder, seconds=20,
    )
    assert ran.code == 0, ran.said
    both = folder / "own.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both
