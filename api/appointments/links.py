"""The key to one appointment and the addresses that carry it."""

import base64
import hashlib
import hmac

from api.settings import Settings


def token_for(appointment_id: str, settings: Settings) -> str:
    """The secret of an appointment. Derived, so that a repeated booking and the dialogue can show the link again.

    The database holds only its hash; whoever has the service token may open every appointment anyway. After a change
    of the service token the links that were given out still open, only new ones cannot be shown for old appointments.
    """
    digest = hmac.new(settings.service_token.encode(), f"appointment:{appointment_id}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()


def manage_url(appointment_id: str, token: str, settings: Settings) -> str:
    """The citizen's page of the appointment."""
    return f"{settings.base_url}/termin/{appointment_id}?token={token}"


def ics_url(appointment_id: str, token: str, settings: Settings) -> str:
    """The calendar entry of the appointment."""
    return f"{settings.base_url}/api/v1/appointments/{appointment_id}.ics?token={token}"
