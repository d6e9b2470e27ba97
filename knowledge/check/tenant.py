"""What is wrong in a municipality's own file although every field of it is right: nobody would find their office."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.articles import Content
from knowledge.check.findings import Finding
from knowledge.tenants import Tenant


def in_tenant(content: Content) -> Iterator[Finding]:
    """Postcodes and places that lead nowhere or to two offices, and ways that explain themselves by no article."""
    tenant = content.tenant
    yield from _in_postcodes(tenant)
    yield from _in_places(tenant)
    for route in tenant.routes:
        if route.article and route.article not in content.sources and route.article not in content.withheld:
            yield _finding(tenant, f"Weg {route.id}: den Artikel „{route.article}“ gibt es nicht.")


def _in_postcodes(tenant: Tenant) -> Iterator[Finding]:
    of_sites = {postcode for site in tenant.sites for postcode in site.postcodes}
    for postcode in sorted(set(tenant.postcodes) - of_sites):
        yield _finding(tenant, f"Für die Postleitzahl {postcode} ist kein Standort zuständig.")
    for postcode in sorted(of_sites - set(tenant.postcodes)):
        yield _finding(tenant, f"Die Postleitzahl {postcode} eines Standorts fehlt bei der Kommune.")


def _in_places(tenant: Tenant) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for site in tenant.sites:
        for place in site.places:
            other = seen.setdefault(place.lower(), site.id)
            if other != site.id:
                yield _finding(tenant, f"Der Ort {place} steht bei {other} und bei {site.id}.")
    for place in tenant.outside:
        if place.lower() in seen:
            yield _finding(tenant, f"Der Ort {place} steht bei {seen[place.lower()]} und unter outside.")


def _finding(tenant: Tenant, text: str) -> Finding:
    return Finding(tenant.id, "Fehler", text, "Verweis")
