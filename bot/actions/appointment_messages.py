"""How one appointment is shown: in words, and as the data of the public interface."""

from __future__ import annotations

from typing import Any

from api.conversations.spoken import digit_by_digit
from bot.actions import clock
from bot.actions.api_client import ApiProblem, ApiUnavailable, api
from bot.actions.offers import local, moment_words
from bot.actions.sentences import listed, message, phrase
from bot.actions.turn import Turn


async def appointment_message(name: str, appointment: dict[str, Any], turn: Turn) -> dict[str, Any]:
    """A message about one appointment, with the data of the public interface."""
    service, site = await names_for(appointment, turn)
    links: dict[str, Any] = next((one for one in turn.slots.get("booked") or [] if one["id"] == appointment["id"]), {})
    data = {
        key: appointment.get(key) or links.get(key)
        for key in ("id", "service", "site", "starts_at", "ends_at", "manage_url", "ics_url")
    }
    code = appointment.get("spoken_code")
    if code:
        data["code"] = code
    return message(
        name,
        data=data,
        service=service["name"],
        when=moment_words(local(appointment["starts_at"]), clock.now().date()),
        site=", ".join(part for part in (site["name"], site.get("address")) if part),
        site_name=site["name"],
        bring=listed(service.get("bring") or ["Ausweis oder Pass"], "und"),
        code=phrase("booked_code", code=code) if code else "",
        heard_code=phrase("booked_code_spoken", digits=digit_by_digit(code)) if code else "",
    )


async def names_for(appointment: dict[str, Any], turn: Turn) -> tuple[dict[str, Any], dict[str, Any]]:
    """The service and the site of an appointment; their ids will do where the lists cannot be read."""
    service: dict[str, Any] = {
        "id": appointment["service"],
        "name": appointment.get("service_name") or appointment["service"],
    }
    site: dict[str, Any] = {"id": appointment["site"], "name": appointment.get("site_name") or appointment["site"]}
    try:
        services = {entry["id"]: entry for entry in await api.services(tenant=turn.tenant)}
        sites = {entry["id"]: entry for entry in await api.sites(tenant=turn.tenant)}
    except (ApiUnavailable, ApiProblem):
        return service, site
    return services.get(appointment["service"], service), sites.get(appointment["site"], site)
