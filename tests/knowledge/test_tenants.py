"""A tenant's file is checked field by field, and hours read as people say them."""

from datetime import date, time

import pytest

from knowledge import ROOT
from knowledge.errors import KnowledgeError
from knowledge.tenants import load_tenants


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
