"""All settings in one typed place: environment variables `LOTSE_…` (see the table in README.md)."""

import secrets
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Defaults run the embedded engines (SQLite, in-process events, the encoder in the repository)."""

    model_config = SettingsConfigDict(env_prefix="LOTSE_", env_ignore_empty=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = Field(default="", description="Address in links of confirmations; empty: http://host:port")
    database_url: str = f"sqlite:///{ROOT / 'var' / 'lotse.db'}"
    redis_url: str | None = Field(default=None, description="Events and rate limits over several api processes")
    allowed_origins: list[str] = Field(default=["*"], description="Sites that may embed the chat, as a JSON list")
    tenant: str = Field(default="musterkreis", description="Tenant where a request names none")
    today: date | datetime | None = Field(
        default=None,
        union_mode="left_to_right",
        description="The date the whole system takes for today; with a time: the time at its start",
    )
    encoder: str = Field(default=str(ROOT / "knowledge" / "encoder"), description="Any sentence-transformers model")
    vosk_model: str | None = Field(default=None, description="Directory of a Vosk model, instead of the one shipped")
    voice_port: int = Field(default=8090, description="Port of the voice process on this machine")
    voice_url: str = Field(default="", description="Where the voice process runs elsewhere; empty: on its port here")
    voice_stream_secret: str = Field(default="", description="Signs tokens of media streams; empty: the service token")
    phone_demo: bool = Field(default=True, description="Whether anybody may call from the page /demo/phone")
    phone_transcripts: Literal["none", "consent"] = Field(
        default="none",
        description="Text of calls: none is kept after the call, or where the caller agrees to it",
    )
    phone_message_sound: bool = Field(
        default=False, description="Whether the sound of a message may be kept too, with the caller's consent"
    )
    rate_limit: int = Field(default=30, ge=0, description="Messages a minute from one client; 0 switches it off")
    service_token: str = Field(default_factory=lambda: secrets.token_urlsafe(32))
    session_hours: int = Field(default=10, ge=1, description="Hours after which a caseworker signs in again")
    rasa_url: str = "http://127.0.0.1:5005"
    rasa_token: str = ""
    rasa_timeout: float = Field(default=3.0, gt=0, description="Seconds after which the api answers by itself")
    retention_days: int = Field(default=30, ge=1, description="Days after which idle conversations are erased")
    gap_retention_days: int = Field(
        default=180, ge=1, description="Days after which a question nobody answered is erased, from its last time on"
    )
    base_editors: list[str] | None = Field(
        default=None,
        description="Tenants whose editors change the articles of all, as a JSON list; none: the one of LOTSE_TENANT",
    )
    admin_password: str | None = Field(default=None, description="Password of the first account, else one is made")
    forwarded_allow_ips: str = Field(default="127.0.0.1", description="Proxies whose X-Forwarded-For is believed")
    cookie_secure: bool = Field(default=False, description="Session cookie over HTTPS only: set it behind TLS")

    @property
    def base_url(self) -> str:
        """Address of the system as citizens see it, without a trailing slash."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def voice_address(self) -> str:
        """Address of the voice process, without a trailing slash."""
        return (self.voice_url or f"http://127.0.0.1:{self.voice_port}").rstrip("/")

    def edits_base(self, tenant: str) -> bool:
        """Whether editors of this tenant may change articles that every tenant is served."""
        return tenant in ([self.tenant] if self.base_editors is None else self.base_editors)


@lru_cache
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings()
