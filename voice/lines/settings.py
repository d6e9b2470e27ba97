"""Settings of the doors, from environment variables `LOTSE_VOICE_…`; the call's own are in `voice/settings.py`."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class LineSettings(BaseSettings):
    """Which doors are open and to whom. Without any of it only the browser page on this machine gets through."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_VOICE_", env_ignore_empty=True, extra="ignore")

    sip: bool = Field(default=False, description="Take calls by SIP")
    sip_listen: str = Field(default="127.0.0.1:5060", description="Address and port for SIP; TLS has the next port")
    sip_interface: str | None = Field(
        default=None, description="Network interface or local address for speech; none: the address of SIP_LISTEN"
    )
    sip_transport: Literal["udp", "tcp", "tls"] = Field(
        default="udp", description="Transport towards the exchange; incoming calls are taken on all three"
    )
    sip_user: str = Field(default="lotse", description="Extension, or the name of the trunk")
    sip_auth_user: str | None = Field(default=None, description="Name for authentication where it is another one")
    sip_password: SecretStr = Field(default=SecretStr(""), description="Password of the extension")
    sip_domain: str | None = Field(default=None, description="Exchange as host or host:port; needed to register")
    sip_proxy: str | None = Field(default=None, description="Outbound proxy where it is not the exchange itself")
    sip_register: int = Field(
        default=0, ge=0, description="Seconds between registrations: extension mode; 0: trunk, nothing is registered"
    )
    sip_peers: list[Network] = Field(
        default=list(LOOPBACK),
        description="Networks whose calls are taken, as a JSON list; the exchange itself is always among them",
    )
    sip_tenants: dict[str, str] = Field(default={}, description='Tenant by dialled number or name: {"4711": "kreis"}')
    sip_codecs: list[Literal["pcma", "pcmu"]] = Field(default=["pcma", "pcmu"], description="In order of preference")
    sip_srtp: Literal["off", "offered", "required"] = Field(default="off", description="Encrypted speech (SDES)")
    sip_certificate: Path | None = Field(default=None, description="PEM with key and certificate, for TLS")
    sip_ca: Path | None = Field(default=None, description="PEM of the authorities that sign the exchange's certificate")
    sip_verify: bool = Field(default=True, description="Check the exchange's certificate")
    sip_rtp_ports: str = Field(default="10000-10999", description="Ports for speech, as first-last")
    sip_ring: float = Field(default=0.0, ge=0, le=10, description="Seconds of ringing before a call is answered")
    sip_consult: float = Field(default=25.0, gt=0, description="Seconds an extension may ring in an attended transfer")
    country: str = Field(default="DE", description="Country of caller numbers without one, for E.164")

    audiosocket: bool = Field(default=False, description="Take calls by AudioSocket (Asterisk, FreePBX)")
    audiosocket_listen: str = Field(default="127.0.0.1:9092", description="Address and port; loopback or VPN only")
    audiosocket_open: bool = Field(
        default=False, description="Take any UUID from loopback; otherwise only the ones we issued"
    )

    stream: list[Literal["browser", "asterisk", "jambonz", "twilio"]] = Field(
        default=["browser"], description="Dialects taken at /voice/stream, as a JSON list; Twilio is a US processor"
    )
    stream_secret: SecretStr | None = Field(
        default=None, description="Signs the tokens of /voice/stream; none: the token between our own processes"
    )
    twilio_account: str | None = Field(default=None, description="Account SID, for transfers by Twilio's REST")
    twilio_token: SecretStr | None = Field(default=None, description="Auth token: checks signatures, signs transfers")
    twilio_api: str = Field(
        default="https://api.twilio.com", description="REST interface; Ireland: https://api.dublin.ie1.twilio.com"
    )
    public_url: str | None = Field(
        default=None, description="Address under which a provider reaches us, e.g. wss://voice.kreis.de; for signatures"
    )

    silent_peer: float = Field(default=10.0, gt=0, description="Seconds without any packet after which a call is over")
    transfer: float = Field(default=15.0, gt=0, description="Seconds an exchange may take to report a transfer")


@lru_cache
def get_line_settings() -> LineSettings:
    """The settings of this process."""
    return LineSettings()


def host_and_port(address: str) -> tuple[str, int]:
    """`host:port` or `[host]:port`. Raises ValueError."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit() or not 0 <= int(port) < 65536:
        raise ValueError(f"'{address}' is not of the form host:port")
    return host, int(port)
