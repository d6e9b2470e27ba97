"""What the small hub answers about offices and forms: the hub's own matching over the example tenant's plain file.

tests/api/test_offices.py holds it against the real answers.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from api.offices import matching

WEEKDAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")


def offices(tenant: dict[str, Any], place: str | None, topic: str | None, now: datetime) -> dict[str, Any]:
    sites = {site["id"]: site for site in tenant["sites"]}
    words = [matching.SiteWords(site["id"], site["postcodes"], matching.names_of_site(site)) for site in sites.values()]
    where = matching.place_in(place, words, postcodes=tenant["postcodes"], outside=tenant["outside"]) if place else None
    site = sites.get(where.site or "") if where else None
    routes = _routes(tenant, topic)
    team, concern, service = _team(tenant, topic, routes)
    fixed = next((sites[route["site"]] for route in routes if team and route.get("site") and "team" in route), site)
    return {
        "place": {"name": where.name, "ours": where.site is not None} if where else None,
        "site": _site(site, now) if site else None,
        "team": _team_out(tenant, team, fixed) if team else None,
        "concern": concern,
        "service": service,
        "teams": [_team_out(tenant, one, site) for one in tenant["teams"]],
        "routes": [_route(tenant, route, site, now) for route in routes],
        "needs_place": site is None
        and any("team" in route and "site" not in route and len(_met(tenant, route["team"])) > 1 for route in routes),
        "article": "zustaendiges-jobcenter" if where and where.site is None else None,
    }


def forms(tenant: dict[str, Any], wanted: str) -> dict[str, Any]:
    common = matching.words_of()["forms"]
    named = [form for form in tenant["forms"] if form["id"] == wanted]
    said = " ".join(matching.words(wanted))
    points = {
        form["id"]: matching.score(wanted, common.get(form["id"], ()))
        + 10 * (bool(said) and " ".join(matching.words(form["name"])) in said)
        for form in tenant["forms"]
    }
    best = max(points.values())
    found = named or [form for form in tenant["forms"] if best and points[form["id"]] == best]
    all_of_them = not found or len(found) > 3
    return {
        "decision": "all" if all_of_them else "one" if len(found) == 1 else "several",
        "forms": [{"online": None, **form} for form in (tenant["forms"] if all_of_them else found)],
    }


def _routes(tenant: dict[str, Any], topic: str | None) -> list[dict[str, Any]]:
    routes: list[dict[str, Any]] = tenant["routes"]
    if topic is None:
        return routes
    named = [route for route in routes if topic in (route["id"], route["kind"])]
    common = matching.words_of()["routes"]
    ids = matching.meant(topic, {route["id"]: common[route["kind"]] for route in routes})
    age = matching.age_in(topic)
    return (
        named
        or [route for route in routes if route["id"] in ids]
        or [route for route in routes if age and route.get("ages", {}).get("from", 999) <= age <= route["ages"]["to"]]
    )


def _team(
    tenant: dict[str, Any], topic: str | None, routes: list[dict[str, Any]]
) -> tuple[dict[str, Any] | None, str | None, str | None]:
    teams = {team["id"]: team for team in tenant["teams"]}
    route = next((route for route in routes if "team" in route), None)
    if topic and route:
        return teams[route["team"]], None, route.get("service")
    concerns = matching.words_of()["concerns"]
    meant = matching.meant(topic or "", {id: one["words"] for id, one in concerns.items()})
    if routes or len(meant) != 1:
        return None, None, None
    team = next((team for team in teams.values() if meant[0] in team.get("topics", ())), tenant["teams"][0])
    return team, concerns[meant[0]]["name"], None


def _met(tenant: dict[str, Any], team: str) -> list[dict[str, Any]]:
    offered = {site for service in tenant["services"] if service["team"] == team for site in service["sites"]}
    return [site for site in tenant["sites"] if site["id"] in offered]


def _team_out(tenant: dict[str, Any], team: dict[str, Any], site: dict[str, Any] | None) -> dict[str, Any]:
    possible = _met(tenant, team["id"])
    met = site if site in possible else possible[0] if site or len(possible) == 1 else None
    return {"id": team["id"], "name": team["name"], "about": team["about"], "site": met["id"] if met else None}


def _route(tenant: dict[str, Any], route: dict[str, Any], site: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    others = {one["id"]: one for one in (*tenant["contacts"], *tenant["partners"])}
    behind = others.get(route.get("contact") or route.get("partner") or "", {})
    met = None
    if "team" in route:
        possible = _met(tenant, route["team"])
        fixed = next((one for one in tenant["sites"] if one["id"] == route.get("site")), None)
        met = fixed or (site if site in possible else possible[0] if site or len(possible) == 1 else None)
    either = {**behind, **route}
    return {
        "id": route["id"],
        "kind": route["kind"],
        "name": either["name"],
        "about": either["about"],
        "team": route.get("team"),
        "site": _site(met, now) if met else None,
        "phone": either.get("phone") or (met["phone"] if met else None),
        "email": either.get("email"),
        "times": either.get("times", ""),
        "address": either.get("address") or (met["address"] if met else ""),
        "url": either.get("url"),
        "service": route.get("service"),
        "article": route.get("article"),
    }


def _site(site: dict[str, Any], now: datetime) -> dict[str, Any]:
    kept = ("id", "name", "address", "phone", "transport", "accessibility")
    opens, closes = _opening(site, now)
    return {
        **{key: site[key] for key in kept},
        "postcode": site["postcodes"][0],
        "hours": [
            {"weekday": day, "opens": entry["opens"], "closes": entry["closes"]}
            for entry in site["hours"]
            for day in entry["weekdays"]
        ],
        "open_now": closes is not None,
        "closes_at": closes.isoformat() if closes else None,
        "next_opening": opens.isoformat() if opens else None,
        "occasion": None,
        "map_url": site.get("map_url"),
    }


def _opening(site: dict[str, Any], now: datetime) -> tuple[datetime | None, datetime | None]:
    """When it opens next, or until when it is open."""
    for days in range(8):
        day = now + timedelta(days=days)
        for entry in sorted(site["hours"], key=lambda entry: str(entry["opens"])):
            if WEEKDAYS[day.weekday()] in entry["weekdays"]:
                opens, closes = (
                    datetime.combine(day.date(), time.fromisoformat(entry[key]), now.tzinfo)
                    for key in ("opens", "closes")
                )
                if opens <= now < closes:
                    return None, closes
                if opens > now:
                    return opens, None
    return None, None
