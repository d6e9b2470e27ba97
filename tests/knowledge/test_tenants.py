"""A tenant's file is checked field by field, and hours read as people say them."""

from datetime import date, time
from functools import partial

import pytest
from conftest import DAY

from knowledge import ROOT
from knowledge.articles import Content, load_content
from knowledge.errors import KnowledgeError
from knowledge.library import Library
from knowledge.tenants import Tenant, load_tenants


@pytest.fixture
def path(folder):
    return folder / "tenants" / "musterkreis" / "tenant.yml"


def test_the_example_tenant_is_complete():
    tenant = load_tenants(ROOT)["musterkreis"]
    assert tenant.site("musterstadt").hours[0].opens == time(8, 0)
    assert tenant.service("erstantrag").duration_minutes == 45
    assert tenant.form("hauptantrag").url.startswith("https://")
    assert tenant.closures[0].covers(date(2026, 12, 24))
    assert not tenant.closures[0].covers(date(2026, 12, 25))


def test_hours_are_grouped_by_days_that_share_them():
    tenant = load_tenants(ROOT)["musterkreis"]
    assert tenant.site("neustadt-am-see").hours_text == (
        "Dienstag und Donnerstag: 9 bis 12 Uhr; Mittwoch: 13 bis 17 Uhr"
    )


def test_a_team_is_met_where_its_services_are():
    tenant = load_tenants(ROOT)["musterkreis"]
    assert [site.id for site in tenant.sites_of("vermittlung")] == ["musterstadt", "beispielheim"]


def test_rent_limits_go_on_for_larger_households():
    area = load_tenants(ROOT)["musterkreis"].rent_limits.vergleichsraeume[0]
    assert [area.limit(persons) for persons in (1, 5, 7)] == [478, 921, 1141]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('opens: "08:00"', "opens: 13:00", "Anführungszeichen"),
        ('opens: "08:00", closes: "16:00"', 'opens: "18:00", closes: "16:00"', "opens muss vor closes"),
        ("state: HE", "state: Hessen", "state"),
        ("duration_minutes: 45", "duration_minutes: 0", "duration_minutes"),
        ("team: leistung", "team: gibtesnicht", "unbekanntes Team"),
        ("sites: [musterstadt, beispielheim]", "sites: [atlantis]", "unbekannter Standort atlantis"),
        ("id: beispielheim", "id: musterstadt", "doppelte id: musterstadt"),
        ("example: true", "beispiel: true", "beispiel ist kein bekanntes Feld"),
        ("id: musterkreis", "id: anders", "der Ordner heißt"),
        ("name: Musterkreis", "name: [", "nicht lesbar"),
        ("kind: debt, partner: schuldnerberatung", "kind: debt, partner: fehlt", "Weg schulden: Partner fehlt"),
        ("kind: debt, partner: schuldnerberatung", "kind: debt", "genau eins von team, contact, partner"),
        ("contact: arbeitgeberservice", "contact: arbeitgeberservice, team: leistung", "genau eins von team"),
        ("partner: frauenhaus}", "partner: frauenhaus, site: musterstadt}", "site gibt es nur zusammen mit team"),
        ("name: Familien-Service Musterkreis, ", "", "Weg kinderbetreuung: name fehlt"),
        ("kind: childcare, ", "", "Weg kinderbetreuung: words fehlt"),
        ("site: musterstadt, service: arbeitsvermittlung", "site: neustadt-am-see, service: arbeitsvermittlung",
         "gibt es am Standort neustadt-am-see nicht"),
        ("kind: rehabilitation", "kind: kur", "kind"),
    ],
)
def test_a_mistake_in_a_tenant_is_named_with_file_and_field(folder, path, old, new, reason):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="tenant.yml") as raised:
        load_tenants(folder)
    assert reason in str(raised.value)


def test_a_folder_without_tenants_is_an_error(tmp_path):
    with pytest.raises(KnowledgeError, match="keine Kommune"):
        load_tenants(tmp_path)


# Two example municipalities that differ in all they can, on the same base.


@pytest.fixture(scope="module")
def contents() -> dict[str, Content]:
    return {name: load_content(ROOT, tenant=name, today=DAY) for name in load_tenants(ROOT)}


@pytest.mark.parametrize(
    ("tenant", "own", "others"),
    [
        ("musterkreis", ("690 Euro", "622 Euro"), ("940 Euro",)),
        ("beispielhafen", ("940 Euro",), ("690 Euro", "622 Euro")),
    ],
)
def test_the_same_question_gives_each_tenant_its_own_rent(tenant, own, others):
    library = Library.load(ROOT, tenant=tenant, today=DAY, encoder=ROOT / "encoder")
    result = library.search("angemessene Miete für drei Personen")
    assert (result.decision, result.hits[0].article) == ("answer", "mietgrenzen-vor-ort")
    assert all(figure in result.hits[0].text for figure in own)
    assert not any(figure in result.hits[0].text for figure in others)


def test_nothing_of_one_tenant_ever_shows_in_another(contents):
    for name, content in contents.items():
        served = " ".join(
            " ".join((a.title, a.text, a.spoken, a.easy, *a.questions, *(f"{s.title} {s.url}" for s in a.next_steps)))
            for a in content.articles.values()
        )
        for other, foreign in contents.items():
            if other != name:
                shown = [word for word in _of_its_own(foreign.tenant) if word in served]
                assert not shown, f"{name} shows {shown} of {other}"
        assert content.tenant.phone in served  # the comparison sees what it should


def _of_its_own(tenant: Tenant) -> set[str]:
    """Names, numbers and addresses that belong to one tenant alone."""
    entries = (*tenant.sites, *tenant.partners, *tenant.contacts)
    return {
        tenant.name, tenant.office, tenant.phone, tenant.email, tenant.website,
        *(entry.name for entry in entries), *(entry.phone for entry in entries if entry.phone),
        *(entry.address for entry in (*tenant.sites, *tenant.partners) if entry.address),
        *(form.url for form in tenant.forms), *(video.url for video in tenant.videos), *tenant.postcodes,
    }  # fmt: skip


def test_base_state_and_district_add_replace_and_switch_off(contents):
    musterkreis, beispielhafen = contents["musterkreis"], contents["beispielhafen"]
    hessen, niedersachsen = (c.articles["kommunales-jobcenter"] for c in (musterkreis, beispielhafen))
    assert ("Hessen" in hessen.text, "Niedersachsen" in niedersachsen.text) == (True, True)
    assert "termin-vor-ort" in beispielhafen.articles
    assert "termin-vor-ort" not in musterkreis.articles
    assert "erklaervideos" in musterkreis.articles
    assert "abgeschaltet" in beispielhafen.withheld["erklaervideos"]


def test_a_state_switches_off_for_all_its_municipalities_until_one_writes_its_own(folder, write):
    write("satz")
    (folder / "states" / "HE").mkdir(parents=True)
    (folder / "states" / "HE" / "state.yml").write_text("name: Hessen\ndisabled_articles: [satz]\n", encoding="utf-8")
    load = partial(load_content, folder, tenant="musterkreis", today=DAY)
    assert load().withheld["satz"] == "Hessen hat diesen Artikel abgeschaltet."
    write("satz", layer="tenants/musterkreis/articles", title="Eigener Satz?")
    assert load().articles["satz"].title == "Eigener Satz?"


def test_an_article_that_lists_partners_is_withheld_where_there_are_none(folder, write):
    write("schulden", body='{% for p in tenant.partners_for("crisis") %}{{ p.name }}{% endfor %}')
    reason = load_content(folder, tenant="musterkreis", today=DAY).withheld["schulden"]
    assert "nennt keine Anlaufstelle" in reason


def test_films_and_online_forms_are_next_steps(contents):
    steps = contents["musterkreis"].articles["antrag-stellen"].next_steps
    assert {(step.kind, step.title) for step in steps} >= {
        ("form", "Hauptantrag online ausfüllen"),
        ("form", "Hauptantrag"),
        ("video", "Der Antrag in fünf Schritten"),
    }
    assert all(step.url for step in steps if step.kind in ("form", "video"))
