"""Who is responsible for a place and a concern, and which form is meant: answered from the tenant's file alone."""

from datetime import datetime

from api.appointments.schemas import OpeningOut
from api.appointments.service import sites as listed_sites
from api.handoff.routing import team_for
from api.languages.catalog import GERMAN, translated
from api.offices import matching
from api.offices.hours import opening
from api.offices.schemas import FormOut, FormsOut, OfficeSiteOut, OfficesOut, PlaceOut, RouteOut, TeamOut
from knowledge.tenants import Form, Route, Site, Team, Tenant

ELSEWHERE_ARTICLE = "zustaendiges-jobcenter"
SEVERAL_AT_MOST = 3
NAMED = 10  # a form called by its own name outweighs any words


def find(tenant: Tenant, *, place: str | None, topic: str | None, now: datetime, language: str = GERMAN) -> OfficesOut:
    """The site for a place, the team and the ways of their own for a topic; each an id or a citizen's own words."""
    words = _Words(tenant, language)
    where = _place(tenant, place)
    site = tenant.site(where.site) if where and where.site else None
    routes = _routes(tenant, topic)
    team, concern, service = _team(tenant, topic, routes, words)
    return OfficesOut(
        place=PlaceOut(name=where.name, ours=where.site is not None) if where else None,
        site=site_out(tenant, site, now, words) if site else None,
        team=_team_out(tenant, team, _fixed_site(tenant, routes, team) or site, words) if team else None,
        concern=concern,
        service=service,
        teams=[_team_out(tenant, one, site, words) for one in tenant.teams],
        routes=[_route_out(tenant, route, site, now, words) for route in routes],
        needs_place=any(_depends_on_place(tenant, route) for route in routes) and site is None,
        article=ELSEWHERE_ARTICLE if where and where.site is None else None,
    )


def forms(tenant: Tenant, wanted: str | None, language: str = GERMAN) -> FormsOut:
    """The form that an id or a citizen's words mean; up to three equally likely ones; else the whole list."""
    known = tenant.form(wanted) if wanted else None
    found = [known] if known else _meant_forms(tenant, wanted or "")
    if not found or len(found) > SEVERAL_AT_MOST:
        return FormsOut(decision="all", forms=[_form_out(form, tenant, language) for form in tenant.forms])
    return FormsOut(
        decision="one" if len(found) == 1 else "several", forms=[_form_out(form, tenant, language) for form in found]
    )


class _Words:
    """The tenant's words in the language of the reader."""

    def __init__(self, tenant: Tenant, language: str) -> None:
        self._tenant, self._language = tenant.id, language

    def __call__(self, text: str) -> str:
        return translated(text, self._language, self._tenant)


def site_out(tenant: Tenant, site: Site, now: datetime, words: _Words) -> OfficeSiteOut:
    listed = next(one for one in listed_sites(tenant) if one.id == site.id)
    state = opening(tenant, site, now)
    return OfficeSiteOut(
        **listed.model_dump(exclude={"name", "transport", "accessibility", "hours"}),
        name=words(listed.name),
        transport=words(listed.transport),
        accessibility=words(listed.accessibility),
        hours=[OpeningOut.model_validate(one.model_dump()) for one in listed.hours],
        open_now=state.open,
        closes_at=state.closes_at,
        next_opening=state.opens_at,
        occasion=words(state.occasion) if state.occasion else None,
        map_url=site.map_url,
    )


def _place(tenant: Tenant, place: str | None) -> matching.FoundPlace | None:
    sites = [
        matching.SiteWords(site.id, site.postcodes, matching.names_of_site(site.model_dump())) for site in tenant.sites
    ]
    if not place:
        return None
    return matching.place_in(place, sites, postcodes=tenant.postcodes, outside=tenant.outside)


def _routes(tenant: Tenant, topic: str | None) -> list[Route]:
    """The ways a topic means, by id, kind, words or age; all of them where no topic is given."""
    if topic is None:
        return list(tenant.routes)
    named = [route for route in tenant.routes if topic in (route.id, route.kind)]
    if named:
        return named
    common = matching.words_of()["routes"]
    ids = matching.meant(topic, {route.id: (*common[route.kind], *route.words) for route in tenant.routes})
    found = [route for route in tenant.routes if route.id in ids]
    age = matching.age_in(topic)
    return found or [route for route in tenant.routes if age is not None and route.ages and route.ages.covers(age)]


def _team(
    tenant: Tenant, topic: str | None, routes: list[Route], words: _Words
) -> tuple[Team | None, str | None, str | None]:
    """The team for a topic, what the topic is called, and the service to book for it."""
    if not topic:
        return None, None, None
    route = next((route for route in routes if route.team), None)
    if route and route.team:
        return tenant.team(route.team), None, route.service
    service = tenant.service(topic)
    if service:
        return tenant.team(service.team), words(service.name), service.id
    team = tenant.team(topic)
    if team:
        return team, words(team.about) or None, None
    concerns = matching.words_of()["concerns"]
    meant = [topic] if topic in concerns else matching.meant(topic, {id: one["words"] for id, one in concerns.items()})
    teams = {team_for(tenant, id) for id in meant}
    if routes or len(teams) != 1:  # an office of its own, or two teams equally likely
        return None, None, None
    name = words(concerns[meant[0]]["name"]) if len(meant) == 1 else None
    found = tenant.team(teams.pop())
    return found, name or (words(found.about) if found else None), None


def _fixed_site(tenant: Tenant, routes: list[Route], team: Team) -> Site | None:
    """The site a way sends everybody to, wherever they live."""
    return next((tenant.site(route.site) for route in routes if route.team == team.id and route.site), None)


def _site_of(tenant: Tenant, team: str, site: Site | None) -> Site | None:
    """Where people of a site meet a team: there if it is there, else where it is; None where that is open."""
    possible = tenant.sites_of(team)
    if site and site in possible:
        return site
    return possible[0] if site or len(possible) == 1 else None


def _depends_on_place(tenant: Tenant, route: Route) -> bool:
    return route.team is not None and route.site is None and len(tenant.sites_of(route.team)) > 1


def _team_out(tenant: Tenant, team: Team, site: Site | None, words: _Words) -> TeamOut:
    met = _site_of(tenant, team.id, site)
    return TeamOut(id=team.id, name=words(team.name), about=words(team.about), site=met.id if met else None)


def _route_out(tenant: Tenant, route: Route, site: Site | None, now: datetime, words: _Words) -> RouteOut:
    """A way with everything it takes from the team, contact or partner it leads to."""
    contact = tenant.contact(route.contact) if route.contact else None
    partner = tenant.partner(route.partner) if route.partner else None
    behind = contact or partner
    met = tenant.site(route.site) if route.site else _site_of(tenant, route.team, site) if route.team else None
    return RouteOut(
        id=route.id,
        kind=route.kind,
        name=words(route.name or (behind.name if behind else "")),
        about=words(route.about or (behind.about if behind else "")),
        team=route.team,
        site=site_out(tenant, met, now, words) if met else None,
        phone=route.phone or (behind.phone if behind else None) or (met.phone if met else None),
        email=contact.email if contact else None,
        times=words(route.times or (behind.times if behind else "")),
        address=route.address or (partner.address if partner else "") or (met.address if met else ""),
        url=route.url or (partner.url if partner else None),
        service=route.service,
        article=route.article,
    )


def _meant_forms(tenant: Tenant, wanted: str) -> list[Form]:
    common = matching.words_of()["forms"]
    said = " ".join(matching.words(wanted))
    points = {
        form.id: matching.score(wanted, (*common.get(form.id, ()), *form.words))
        + NAMED * (bool(said) and " ".join(matching.words(form.name)) in said)
        for form in tenant.forms
    }
    best = max(points.values(), default=0)
    return [form for form in tenant.forms if best and points[form.id] == best]


def _form_out(form: Form, tenant: Tenant, language: str) -> FormOut:
    return FormOut(id=form.id, name=translated(form.name, language, tenant.id), url=form.url, online=form.online)
