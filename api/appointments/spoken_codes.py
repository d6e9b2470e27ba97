"""Four digits said at the booking, with which a caller opens the appointment later, together with the surname.

Four digits are few: only a keyed hash is stored, codes alone open nothing, tries are counted (`CodeLimit`), and a
wrong code and a wrong name are the same answer.
"""

import hashlib
import hmac
import re
import time
import unicodedata
from datetime import datetime

from limits import RateLimitItemPerHour
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import clock
from api.appointments.models import Appointment
from api.problems import Problem
from api.settings import Settings

TRIES_A_CALL = 3
TRIES_AN_HOUR = 10  # of one caller, or of all whose number is not known, at one tenant
ATTEMPTS = 40  # to find a code that no open appointment under a like name has
ALIKE = 85  # rapidfuzz ratio: a letter more or less in a long name; "Müller" and "Möller" (83) stay two
# Spellings that sound the same, in order.
_SOUNDS = (
    ("ı", "i"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ph", "f"), ("th", "t"), ("dt", "t"), ("ck", "k"),
    ("tz", "z"), ("ai", "ei"), ("ay", "ei"), ("ey", "ei"), ("y", "i"), ("v", "f"),
)  # fmt: skip


class CodeLimit:
    """Counts every try of a call and the failed ones of a caller, in memory or in Redis."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(storage_from_string(settings.redis_url or "memory://"))
        self._call, self._hour = RateLimitItemPerHour(TRIES_A_CALL), RateLimitItemPerHour(TRIES_AN_HOUR)

    def count_try(self, *, conversation: str, tenant: str, caller: str | None) -> None:
        """Count one try; a 429 problem where they are used up says when the next one is possible."""
        call, hour = self._keys(conversation, tenant, caller)
        for (item, key), allowed in ((hour, self._limiter.test), (call, self._limiter.hit)):
            if not allowed(item, *key):
                reset = self._limiter.get_window_stats(item, *key).reset_time
                raise Problem(
                    429,
                    "too-many-codes",
                    "Das waren zu viele Versuche. Ein Mensch im Jobcenter kann Ihnen helfen.",
                    headers={"Retry-After": str(max(1, round(reset - time.time())))},
                )

    def failed(self, *, conversation: str, tenant: str, caller: str | None) -> None:
        """Note a try in vain."""
        _, (item, key) = self._keys(conversation, tenant, caller)
        self._limiter.hit(item, *key)

    def _keys(
        self, conversation: str, tenant: str, caller: str | None
    ) -> tuple[tuple[RateLimitItemPerHour, tuple[str, ...]], ...]:
        whose = hashlib.sha256((caller or "").encode()).hexdigest() if caller else "unknown"
        return (self._call, ("code-call", conversation)), (self._hour, ("code-caller", tenant, whose))


def code_for(appointment_id: str, attempt: int, settings: Settings) -> str:
    """The code of an appointment. Derived, so that a repeated booking can be told it again."""
    digest = hmac.new(settings.service_token.encode(), f"code:{appointment_id}:{attempt}".encode(), hashlib.sha256)
    return f"{int.from_bytes(digest.digest()[:8], 'big') % 10_000:04d}"


def code_hash(tenant: str, code: str, settings: Settings) -> str:
    """What is stored of a code; without the key it cannot be found by trying all."""
    return hmac.new(settings.service_token.encode(), f"code:{tenant}:{code}".encode(), hashlib.sha256).hexdigest()


def known_code(appointment: Appointment, settings: Settings) -> str | None:
    """The code of an appointment again; None after a change of the service token."""
    for attempt in range(ATTEMPTS):
        code = code_for(appointment.id, attempt, settings)
        if appointment.spoken_code_hash == code_hash(appointment.tenant, code, settings):
            return code
    return None


def choose_code_hash(session: Session, *, tenant: str, appointment_id: str, name: str, settings: Settings) -> str:
    """The hash of a code that no open appointment under a like surname has."""
    hashes = [
        code_hash(tenant, code_for(appointment_id, attempt, settings), settings) for attempt in range(ATTEMPTS)
    ]
    taken = {
        one.spoken_code_hash
        for one in _open(session, tenant, hashes, clock.now())
        if one.name and names_alike(one.name, name)
    }
    # With all of them taken the code is shared by two of one name; then it opens neither (see `find`).
    return next((value for value in hashes if value not in taken), hashes[0])


def find(session: Session, *, tenant: str, code: str, name: str, settings: Settings) -> Appointment | None:
    """The one open appointment with this code whose surname was said; None for none or several."""
    fitting = [
        one
        for one in _open(session, tenant, [code_hash(tenant, code, settings)], clock.now())
        if one.name and names_alike(one.name, name)
    ]
    return fitting[0] if len(fitting) == 1 else None


def names_alike(stored: str, said: str) -> bool:
    """Whether the surname of a stored name was said, as far as hearing can tell."""
    surname = _sound(stored).split()[-1:]
    return bool(surname) and any(fuzz.ratio(surname[0], word) >= ALIKE for word in _sound(said).split())


def _sound(name: str) -> str:
    text = unicodedata.normalize("NFC", name).lower()
    for written, heard in _SOUNDS:
        text = text.replace(written, heard)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return re.sub(r"([a-z])\1", r"\1", re.sub(r"[^a-z]+", " ", text)).strip()


def _open(session: Session, tenant: str, hashes: list[str], now: datetime) -> list[Appointment]:
    return list(
        session.scalars(
            select(Appointment).where(
                Appointment.tenant == tenant,
                Appointment.spoken_code_hash.in_(hashes),
                Appointment.status == "booked",
                Appointment.ends_at > now,
            )
        )
    )
