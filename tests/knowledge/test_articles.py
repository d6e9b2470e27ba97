"""Articles in force are served, all others are withheld with a German reason, and no file takes another down."""

from datetime import date

import pytest

from knowledge import ROOT
from knowledge.articles import load_content
from knowledge.errors import KnowledgeError


def test_all_articles_of_the_repository_are_served(content):
    assert content.withheld == {}
    assert content.problems == {}
    assert len(content.articles) >= 220


def test_placeholders_are_filled_in_text_spoken_and_easy(write, load):
    amount = "{{ amounts.regelbedarf.stufe_1 }}"
    write("satz", body=f"Es sind {amount}.", spoken=f"Es sind {amount}.", easy=f"Es sind {amount}. Im Monat.")
    article = load().articles["satz"]
    assert (article.text, article.spoken) == ("Es sind 563 Euro.", "Es sind 563 Euro.")
    assert article.easy == "Es sind 563 Euro.\nIm Monat.", "Leichte Sprache has one sentence a line"


def test_a_share_of_an_amount_is_computed(write, load):
    write("mehr", body="{{ percent_of(amounts.mehrbedarf.schwangerschaft, amounts.regelbedarf.stufe_1) }}")
    assert load().articles["mehr"].text == "95,71 Euro"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"citation": "§ 16j SGB II"}, "gibt es im Gesetz (Stand 19.08.2026) nicht"),
        ({"citation": "§ 1 BGB"}, "nicht geführt"),
        ({"citation": "Paragraf 22 SGB II"}, "hat nicht die Form"),
        ({"body": "{{ amounts.regelbedarf.stufe_9 }}"}, "regelbedarf.stufe_9"),
        ({"body": "{{ amounts.gibtesnicht.x }}"}, "gibtesnicht.x"),
        ({"body": "{{ unbekannt.feld }}"}, "Platzhalter"),
        ({"body": "{{ 1 + }}"}, "Platzhalter"),
        ({"spoken": '"{{ tenant.hausmeister }}"'}, "Platzhalter"),
        ({"valid_to": "2026-11-20"}, "galt nur bis 20.11.2026"),
        ({"valid_from": "2026-11-22"}, "gilt erst ab 22.11.2026"),
        ({"extra": "farbe: rot\n"}, "farbe ist kein bekanntes Feld"),
        ({"valid_from": "bald"}, "valid_from muss ein Datum sein"),
        ({"extra": "id: doppelt\n"}, "anders.md nennt die id"),
        ({"next_steps": "[{article: a, form: b}]"}, "genau eines"),
        ({"title": '""'}, "title darf nicht leer sein"),
        ({"title": "offen: [Klammer"}, "nicht lesbar"),
    ],
)
def test_what_must_not_be_served_is_withheld_with_its_reason(write, load, fields, reason):
    write("anders", **fields)
    write("gut")
    content = load()
    assert set(content.articles) == {"gut"}
    assert reason in content.withheld["anders"]


def test_an_article_without_front_matter_or_with_other_bytes_is_withheld(folder, write, load):
    write("gut")
    (folder / "articles" / "nur-text.md").write_text("Hallo", encoding="utf-8")
    (folder / "articles" / "bytes.md").write_bytes(b"---\nid: \xff\xfe\n---\n")
    content = load()
    assert set(content.articles) == {"gut"}
    assert "title fehlt" in content.withheld["nur-text"]
    assert "nicht lesbar" in content.withheld["bytes"]


def test_a_repeated_id_names_both_files_and_serves_neither(write, load):
    write("satz", layer="articles/eins")
    write("satz", layer="articles/zwei")
    content = load()
    assert content.articles == {}
    assert "articles/eins/satz.md und articles/zwei/satz.md" in content.withheld["satz"]


def test_the_tenant_replaces_the_state_and_the_state_the_base(write, load):
    write("satz", body="Grundlage")
    write("miete", body="Grundlage")
    write("satz", layer="states/HE/articles", body="Land")
    write("miete", layer="states/HE/articles", body="Land")
    write("satz", layer="tenants/musterkreis/articles", body="{{ tenant.name }}")
    write("fremd", layer="states/BY/articles", body="Bayern")
    articles = load().articles
    assert {id: article.text for id, article in articles.items()} == {"satz": "Musterkreis", "miete": "Land"}


def test_a_broken_replacement_does_not_bring_back_what_it_replaces(write, load):
    write("satz", body="Grundlage")
    write("satz", layer="tenants/musterkreis/articles", citation="§ 16j SGB II")
    content = load()
    assert "satz" not in content.articles
    assert "satz" in content.withheld


def test_a_tenant_can_switch_an_article_off(folder, write, load):
    write("satz")
    path = folder / "tenants" / "musterkreis" / "tenant.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("disabled_articles: []", "disabled_articles: [satz]"), encoding="utf-8")
    assert "abgeschaltet" in load().withheld["satz"]


def test_next_steps_carry_titles_and_lead_nowhere_never(write, load):
    steps = "[{article: miete}, {article: fehlt}, {service: erstantrag}, {form: hauptantrag}]"
    write("satz", next_steps=steps)
    write("miete", title="Zahlt das Amt die Miete?")
    found = [(step.kind, step.id, step.title, bool(step.url)) for step in load().articles["satz"].next_steps]
    assert found == [
        ("article", "miete", "Zahlt das Amt die Miete?", False),
        ("service", "erstantrag", "Antrag stellen (Erstgespräch)", False),
        ("form", "hauptantrag", "Hauptantrag online ausfüllen", True),
        ("form", "hauptantrag", "Hauptantrag", True),
    ]


@pytest.mark.parametrize("template", ["{{ tenant.__class__.__mro__ }}", "{{ ''.__class__ }}", "{{ amounts._groups }}"])
def test_a_placeholder_reaches_nothing_but_the_data(write, load, template):
    write("boese", body=template)
    assert "Platzhalter" in load().withheld["boese"]


def test_an_unknown_tenant_is_named(folder):
    with pytest.raises(KnowledgeError, match="„atlantis“ ist nicht bekannt"):
        load_content(folder, tenant="atlantis", today=date(2026, 11, 21))


def test_two_places_in_one_paragraph_become_one_citation(write, load):
    write("satz", citation="§ 22 Abs. 1 SGB II\n  - § 22 Abs. 6 SGB II\n  - Anlage zu § 28 SGB XII")
    rent, annex = load().articles["satz"].citations
    assert (rent.label, rent.title) == ("§ 22 SGB II", "Bedarfe für Unterkunft und Heizung (Abs. 1, Abs. 6)")
    assert rent.url == "https://www.gesetze-im-internet.de/sgb_2/__22.html"
    assert (annex.label, annex.as_of) == ("Anlage zu § 28 SGB XII", date(2026, 8, 19))


def test_before_the_new_law_its_articles_are_withheld_with_the_reason():
    content = load_content(ROOT, tenant="musterkreis", today=date(2026, 6, 30))
    assert "miete-karenzzeit" not in content.articles
    assert "gilt erst ab 01.07.2026" in content.withheld["miete-karenzzeit"]


def test_after_the_year_what_rests_on_its_amounts_is_withheld_and_the_rest_is_served():
    content = load_content(ROOT, tenant="musterkreis", today=date(2027, 1, 1))
    reason = content.withheld["regelbedarf-hoehe"]
    assert "Regelbedarfsstufe 1" in reason
    assert "keinen Wert für den 01.01.2027" in reason
    assert "widerspruch-frist" in content.articles


def test_a_new_year_is_one_edit_of_the_amounts(folder, write, load):
    write("satz", body="{{ amounts.regelbedarf.stufe_1 }}")
    path = folder / "amounts" / "regelbedarf.yml"
    old = "{from: 2026-01-01, to: 2026-12-31, value: 563}"
    assert old in path.read_text(encoding="utf-8")
    new = f"{old}\n    - {{from: 2027-01-01, to: 2027-12-31, value: 570}}"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    texts = [
        load_content(folder, tenant="musterkreis", today=day).articles["satz"].text
        for day in (date(2026, 12, 31), date(2027, 1, 1))
    ]
    assert texts == ["563 Euro", "570 Euro"]
