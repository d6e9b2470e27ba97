"""What one tenant adds to the words of the telephone: its places, streets, sites, services and partners."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

_HOUSE_NUMBER = re.compile(r"\b\d+\s?[a-z]?\b")


@dataclass(frozen=True)
class TenantWords:
    """Words by what they name; `sites` and `services` by id, each with the ways to say it; a postcode has a site."""

    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    services: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    postcodes: Mapping[str, str] = field(default_factory=dict)
    partners: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()

    @classmethod
    def load(
        cls,
        sites: Sequence[Mapping[str, Any]] = (),
        services: Sequence[Mapping[str, Any]] = (),
        partners: Sequence[str] = (),
        terms: Sequence[str] = (),
    ) -> Self:
        """From the hub's `GET /api/v1/sites` and `/services`, as they come."""
        return cls(
            sites={str(site["id"]): _ways_to_a_site(site) for site in sites},
            services={str(entry["id"]): (str(entry["name"]),) for entry in services},
            postcodes={str(site["postcode"]): str(site["id"]) for site in sites if site.get("postcode")},
            partners=tuple(partners),
            terms=tuple(terms),
        )

    def phrases(self) -> list[str]:
        """Everything by its name, in lower case and without signs, as a grammar and a vocabulary take it."""
        named = [way for ways in (*self.sites.values(), *self.services.values()) for way in ways]
        return list(dict.fromkeys(filter(None, map(as_heard, [*named, *self.partners, *self.terms]))))

    def site_phrases(self) -> list[str]:
        """The ways to name a site: its name, its town, its street."""
        return list(dict.fromkeys(filter(None, (as_heard(way) for ways in self.sites.values() for way in ways))))


def as_heard(text: str) -> str:
    """A written name as the recogniser writes it: "Außenstelle Neustadt am See" -> "außenstelle neustadt am see"."""
    return " ".join(re.findall(r"[^\W\d_]+", text.lower()))


def _ways_to_a_site(site: Mapping[str, Any]) -> tuple[str, ...]:
    street, _, place = str(site.get("address", "")).partition(",")
    town = _HOUSE_NUMBER.sub("", place).strip()
    ways = (str(site["name"]), town, _HOUSE_NUMBER.sub("", street.lower()).strip().title())
    return tuple(dict.fromkeys(way for way in ways if way))
