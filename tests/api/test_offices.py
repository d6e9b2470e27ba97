"""Who is responsible: a place leads to a site, a concern to a team, and some people to a way of their own."""

import json
from datetime import datetime
from typing import Any

import pytest
import yaml

from api import clock
from api.offices.hours import opening
from api.offices.service import find, forms
from api.settings import ROOT
from knowledge.tenants import load_tenants
from tests.bot import hub_office

TENANTS = load_tenants(ROOT / "knowledge")
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=clock.BERLIN)


def ask(said: str, tenant: str = "musterkreis", now: datetime = MONDAY) -> Any:
    """What comes back for a citizen's own sentence, which may hold place and topic."""
    return find(TENANTS[tenant], place=said, topic=said, now=now)


def site_of(said: str, tenant: str = "musterkreis") -> str | None:
    found = ask(said, tenant)
    return found.site.id if found.site else None


@pytest.mark.parametrize("tenant", TENANTS.values(), ids=TENANTS)
def test_every_postcode_and_place_of_every_tenant_leads_to_its_site(tenant):
    for postcode in tenant.postcodes:
        found = find(tenant, place=postcode, topic=None, now=MONDAY)
        assert found.place.ours, postcode
        assert postcode in tenant.site(found.site.id).postcodes
    for site in tenant.sites:
        for place in (*site.places, site.id, site.name):
            assert find(tenant, place=f"Ich wohne in {place}.", topic=None, now=MONDAY).site.id == site.id, place


@pytest.mark.parametrize(
    ("said", "tenant", "site"),
    [
        ("Beispilheim", "musterkreis", "beispielheim"),
        ("ich wohn in beispielhaim", "musterkreis", "beispielheim"),
        ("altstatt", "musterkreis", "musterstadt"),
        ("Musterstatt", "musterkreis", "musterstadt"),
        ("Neustad am See", "musterkreis", "neustadt-am-see"),
        ("welches Jobcenter ist in Klein Beispiel, also Kleinbeispil, zuständig", "musterkreis", "beispielheim"),
        ("Wertfviertel", "beispielhafen", "hafenhaus"),
        ("im Leuchtturm-Siedlung", "beispielhafen", None),
        ("Leuchturmsiedlung", "beispielhafen", "hafenhaus"),
        ("PLZ 99 0 11", "musterkreis", None),
        ("9 9 0 1 1", "musterkreis", "beispielheim"),
        ("neun neun null eins eins", "musterkreis", "beispielheim"),
        ("neun neun null zwo eins", "musterkreis", "neustadt-am-see"),
    ],
)
def test_misspelt_and_spoken_places_are_understood(said, tenant, site):
    assert site_of(said, tenant) == site


@pytest.mark.parametrize("said", ["10115", "Berlin", "ich wohne in frankfurt", "Ich komme aus Köln", "Nachbarstadt"])
def test_a_place_of_another_job_centre_is_said_so_with_the_article_about_it(said):
    found = ask(said)
    assert (found.site, found.place.ours, found.article) == (None, False, "zustaendiges-jobcenter")


@pytest.mark.parametrize(
    "said",
    [
        "Hintertupfingen",  # may be a quarter nobody wrote down
        "ich habe nichts zu essen",
        "was gibt es in der Halle zu essen",
        "meine Nummer ist 069 90009124",
        "ich habe 12500 Euro gespart",
        "wo bekomme ich Hilfe",
    ],
)
def test_what_names_no_place_is_never_taken_for_one(said):
    assert ask(said).place is None


@pytest.mark.parametrize(
    ("said", "tenant", "route"),
    [
        ("ich bin 22 und wohne in Beispielheim", "musterkreis", "unter-25"),
        ("ich bin neunzehn", "beispielhafen", "u25"),
        ("Team U25", "musterkreis", "unter-25"),
        ("ich bin selbstständig", "musterkreis", "selbstaendige"),
        ("Wer macht Reha", "musterkreis", "reha"),
        ("bin obdachlos wo krieg ich geld", "musterkreis", "wohnungsnot"),
        ("ich suche ein Frauenhaus", "beispielhafen", "frauenhaus"),
        ("wer hilft bei Schulden", "beispielhafen", "schulden"),
        ("Suchtberatung", "musterkreis", "sucht"),
        ("ich trinke zu viel Alkohol", "musterkreis", "sucht"),
        ("Ich möchte als Arbeitgeber eine Stelle melden", "musterkreis", "arbeitgeber"),
        ("employers", "beispielhafen", "arbeitgeber"),
        ("wir suchen einen Kitaplatz", "beispielhafen", "kita"),
        ("Ich bin Matrose", "beispielhafen", "seeleute"),
    ],
)
def test_who_needs_a_way_of_their_own_is_shown_it(said, tenant, route):
    assert [one.id for one in ask(said, tenant).routes] == [route]


@pytest.mark.parametrize(
    "said", ["ich bin 22 Wochen schwanger", "ich bin 25", "ich bin 48 und suche Arbeit", "meine Tochter sucht Arbeit"]
)
def test_nobody_is_sent_a_way_that_is_not_theirs(said):
    assert ask(said).routes == []


def test_every_kind_of_way_is_there_in_both_examples_and_can_be_reached():
    for tenant in TENANTS.values():
        found = find(tenant, place=tenant.postcodes[0], topic=None, now=MONDAY)
        assert {route.kind for route in found.routes} >= {
            "under_25", "self_employed", "rehabilitation", "homelessness", "womens_shelter", "debt", "addiction",
            "employers", "childcare",
        }  # fmt: skip
        assert all(route.name and route.about and (route.phone or route.email or route.url) for route in found.routes)


@pytest.mark.parametrize(
    ("said", "team", "where"),
    [
        ("welches Team ist für Miete in 99011", "leistung", "beispielheim"),
        ("wer ist für Arbeit in Beispielheim da", "vermittlung", "beispielheim"),
        # no placement team in the smallest site: the nearest one is named
        ("wer ist für Arbeit in Seedorf da", "vermittlung", "musterstadt"),
        ("ich bin 22 und wohne in Beispielheim", "vermittlung", "beispielheim"),
    ],
)
def test_a_concern_leads_to_the_team_and_to_where_it_is_met(said, team, where):
    found = ask(said)
    assert (found.team.id, found.team.site) == (team, where)


def test_a_way_that_differs_by_site_asks_for_the_place_and_a_fixed_one_does_not():
    assert ask("ich bin 22, wer ist für mich da").needs_place
    assert not ask("ich bin 22 und wohne in Beispielheim").needs_place
    assert not ask("ich bin selbständig").needs_place


@pytest.mark.parametrize(
    ("moment", "open_now", "closes", "opens", "occasion"),
    [
        ("2026-11-23T10:00", True, "2026-11-23T12:00", None, None),  # Monday morning
        ("2026-11-23T12:00", False, None, "2026-11-23T13:00", None),  # the break
        ("2026-11-21T09:00", False, None, "2026-11-23T08:00", None),  # Saturday
        ("2026-12-24T10:00", False, None, "2026-12-28T08:00", "Heiligabend"),
        ("2026-12-25T10:00", False, None, "2026-12-28T08:00", "Erster Weihnachtstag"),
    ],
)
def test_open_now_or_when_next_knows_breaks_holidays_and_closures(moment, open_now, closes, opens, occasion):
    tenant = TENANTS["musterkreis"]
    state = opening(tenant, tenant.site("musterstadt"), datetime.fromisoformat(moment).replace(tzinfo=clock.BERLIN))
    shown = [f"{clock.local(one):%Y-%m-%dT%H:%M}" if one else None for one in (state.closes_at, state.opens_at)]
    assert (state.open, *shown, state.occasion) == (open_now, closes, opens, occasion)


def test_nobody_is_given_a_persons_own_number():
    for tenant in TENANTS.values():
        numbers = [entry.number for entry in tenant.telephone.extensions]
        for topic in (None, *(route.id for route in tenant.routes), *(team.id for team in tenant.teams)):
            found = find(tenant, place=tenant.postcodes[0], topic=topic, now=MONDAY)
            answer = json.loads(found.model_dump_json())
            phones = {answer["site"]["phone"], *(route["phone"] for route in answer["routes"])}
            assert not phones & set(numbers)
            assert "phone" not in (answer["team"] or {})


@pytest.mark.parametrize(
    ("said", "decision", "ids"),
    [
        ("ich brauche den Hauptantrag", "one", ["hauptantrag"]),
        ("wo finde ich die Anlage KDU", "one", ["anlage-kosten-der-unterkunft"]),
        ("Weiterbewiligungsantrag", "one", ["weiterbewilligungsantrag"]),
        ("den WBA bitte", "one", ["weiterbewilligungsantrag"]),
        ("ich brauche die Anlage", "several", ["anlage-kosten-der-unterkunft", "anlage-einkommen", "anlage-vermoegen"]),
        ("den Antrag", "several", ["hauptantrag", "weiterbewilligungsantrag", "bildung-teilhabe"]),
        ("anlage-vermoegen", "one", ["anlage-vermoegen"]),
        ("ich habe ein Formular verloren", "all", [form.id for form in TENANTS["musterkreis"].forms]),
    ],
)
def test_a_form_is_found_asked_back_or_listed(said, decision, ids):
    found = forms(TENANTS["musterkreis"], said)
    assert (found.decision, [form.id for form in found.forms]) == (decision, ids)


# --- over the wire


def test_the_call_names_site_hours_way_and_team(client, at):
    at(MONDAY)
    answer = client.get("/api/v1/offices", params={"place": "99011", "topic": "Miete"}).json()
    site = answer["site"]
    assert (site["id"], site["open_now"], site["closes_at"]) == ("beispielheim", True, "2026-11-23T12:00:00+01:00")
    assert site["transport"] == "S-Bahn S2, Bahnhof Beispielheim"
    assert {"weekday": "di", "opens": "13:00", "closes": "16:00"} in site["hours"]
    assert (answer["team"]["name"], answer["concern"]) == ("Leistungsteam", "Miete und Wohnung")
    other = client.get("/api/v1/offices", params={"place": "99503", "tenant": "beispielhafen"}).json()
    assert other["site"]["id"] == "hafenhaus"


def test_a_request_that_cannot_be_answered_is_a_problem_in_german(client):
    assert client.get("/api/v1/offices", params={"tenant": "nirgendwo"}).status_code == 404
    too_long = client.get("/api/v1/forms", params={"q": "x" * 1001})
    assert too_long.status_code == 422
    assert "höchstens 1000 Zeichen" in too_long.json()["detail"]


def test_forms_come_with_their_links(client):
    answer = client.get("/api/v1/forms", params={"q": "Hauptantrag"}).json()
    assert answer["forms"][0]["online"] == "https://online.musterkreis.example/antrag"
    assert len(client.get("/api/v1/forms").json()["forms"]) == 7


def test_the_small_hub_of_the_dialogues_answers_as_the_real_one():
    plain = yaml.safe_load((ROOT / "knowledge/tenants/musterkreis/tenant.yml").read_text("utf-8"))
    for said in (
        "99011", "Beispilheim", "ich bin 22", "ich bin 22 und wohne in Seedorf", "Schulden", "Frauenhaus", "employers",
        "Miete in 99011", "Arbeit in Seedorf", "10115", "Wo wohne ich?", "ich bin selbständig", "musterstadt",
    ):  # fmt: skip
        real = json.loads(ask(said).model_dump_json())
        assert hub_office.offices(plain, said, said, MONDAY) == real, said
    for said in ("Hauptantrag", "Anlage", "", "KDU"):
        assert hub_office.forms(plain, said) == json.loads(forms(TENANTS["musterkreis"], said).model_dump_json()), said
