"""The editors' check finds what would mislead a citizen and says where."""

import json
import subprocess
import sys
from datetime import date

import pytest
from conftest import DAY

from knowledge import ROOT
from knowledge.check import check
from knowledge.check.readability import read, sentences, syllables
from knowledge.law import LawStore
from knowledge.law.text import LawText, Provision, Subsection


def texts(folder, today=DAY):
    return [(finding.level, finding.place, finding.text) for finding in check(folder, today=today)]


def test_the_repository_has_no_errors():
    assert [finding for finding in check(ROOT, today=DAY) if finding.level == "Fehler"] == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"body": "Es sind 563 Euro."}, "„563 Euro“ steht als Zahl da"),
        ({"body": "Es sind 1.200,50 € im Monat."}, "„1.200,50 €“ steht als Zahl da"),
        ({"easy": "Das sind 30 %."}, "„30 %“ steht als Zahl da"),
        ({"title": "Was sind 30 Prozent?"}, "„30 Prozent“ steht als Zahl da"),
        ({"body": "wort " * 121}, "Der Text hat 121 Wörter"),
        ({"spoken": "wort " * 41}, "spoken hat 41 Wörter"),
        ({"spoken": "Das steht in § 22."}, "spoken enthält „§“"),
        ({"body": "Es sind fünfzig Prozent davon."}, "„fünfzig Prozent“ steht als Zahl da"),
        ({"spoken": "Sie bekommen zweihundert Euro."}, "„zweihundert Euro“ steht als Zahl da"),
        ({"spoken": "Rufen Sie an, z. B. heute."}, "spoken enthält „z. B.“"),
        ({"spoken": f"Das {'ist sehr ' * 13} gut."}, "Ein Satz in spoken hat 28 Wörter"),
        ({"body": f"Das {'ist sehr ' * 18} gut."}, "Ein Satz im Text hat 38 Wörter"),
        ({"body": "Leistungsvoraussetzungen Unterkunftsangelegenheiten."}, "schwer zu lesen"),
        ({"easy": f"Das {'ist sehr ' * 6} gut."}, "Ein Satz in easy hat 14 Wörter"),
        ({"easy": "Grundsicherungsgeldempfänger erhalten Geld."}, "easy hat viele lange Wörter"),
        ({"body": "Das ist gut.", "easy": "Das Leistungs-Verfahren ist gut."}, "easy ist nicht leichter als der Text"),
        ({"citation": "§ 20 Abs. 77 SGB II"}, "hat keinen Absatz 77"),
        ({"next_steps": "[{article: fehlt}]"}, "den Artikel „fehlt“ gibt es nicht"),
        ({"next_steps": "[{service: fehlt}]"}, "die Leistung „fehlt“ gibt es nicht"),
        ({"next_steps": "[{form: fehlt}]"}, "das Formular „fehlt“ gibt es nicht"),
        ({"next_steps": "[{article: satz}]"}, "verweist auf den Artikel selbst"),
        ({"valid_to": "2026-11-20"}, "galt nur bis"),
    ],
)
def test_an_error_is_found_and_named(folder, write, fields, sentence):
    write("satz", **fields)
    errors = [text for level, place, text in texts(folder) if (level, place) == ("Fehler", "satz")]
    assert any(sentence in text for text in errors), errors


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"99012", "99021"]', '"99012", "99021", "99022"]', "Für die Postleitzahl 99022 ist kein Standort zuständig."),
        ('["99021"]\n    places', '["99021", "99031"]\n    places', "Die Postleitzahl 99031 eines Standorts fehlt"),
        ("[Beispielheim,", "[Altstadt,", "Der Ort Altstadt steht bei musterstadt und bei beispielheim."),
        ("[Nachbarstadt,", "[Seedorf,", "Der Ort Seedorf steht bei neustadt-am-see und unter outside."),
        ("wohnungsnotfall}", "wohnungsnotfall, article: fehlt}", "Weg wohnungsnot: den Artikel „fehlt“ gibt es nicht."),
    ],
)
def test_a_place_that_leads_nowhere_is_found_in_a_tenants_file(folder, old, new, sentence):
    path = folder / "tenants" / "musterkreis" / "tenant.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    errors = [found for level, place, found in texts(folder) if (level, place) == ("Fehler", "musterkreis")]
    assert any(sentence in found for found in errors), errors


def test_an_amount_by_reference_is_no_bare_number(folder, write):
    write("satz", body="Es sind {{ amounts.regelbedarf.stufe_1 }}.")
    assert not [text for level, _, text in texts(folder) if level == "Fehler"]


def test_the_same_question_in_two_articles_is_an_error(folder, write):
    write("eins", title="Wer zahlt die Miete?")
    write("zwei", title="wer zahlt die Miete", question="Etwas anderes")
    assert any("steht auch bei" in text for level, _, text in texts(folder) if level == "Fehler")


def test_amounts_that_end_soon_are_announced_and_ended_ones_are_errors(folder):
    assert ("Hinweis", "regelbedarf.stufe_1") in [found[:2] for found in texts(folder, date(2026, 12, 1))]
    assert ("Fehler", "regelbedarf.stufe_1") in [found[:2] for found in texts(folder, date(2027, 1, 1))]


def test_phrasings_of_an_article_that_is_not_there_are_pointed_out(folder, write):
    write("satz")
    (folder / "phrasings").mkdir()
    (folder / "phrasings" / "satz.yml").write_text("satz: [Wie viel]\nfort: [Wo]\n", encoding="utf-8")
    assert ("Hinweis", "phrasings", "Den Artikel „fort“ gibt es nicht.") in texts(folder)


def test_the_command_ends_with_status_one_where_there_is_an_error(folder, write):
    write("satz", body="Es sind 563 Euro.")
    command = [sys.executable, "-m", "knowledge.check", "--root", str(folder), "--today", "2026-11-21"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    assert done.returncode == 1
    assert "1 Fehler" in done.stdout


def test_a_number_in_words_that_is_no_amount_is_left_alone(folder, write):
    write("satz", body="Ein Euro ist nicht jeder Euro. Und der Ein-Euro-Job? Hundert Leute fragen das.")
    assert not [text for level, _, text in texts(folder) if level == "Fehler"]


def test_deadlines_without_reference_are_pointed_out(folder, write):
    write("satz", body="Sie haben drei Monate Zeit. Dann noch 14 Tage.")
    notes = [text for level, _, text in texts(folder) if level == "Hinweis"]
    assert any("„drei Monate“" in text for text in notes)
    assert any("„14 Tage“" in text for text in notes)


def test_with_the_imported_wording_a_number_that_does_not_exist_is_an_error(folder, write, tmp_path):
    write("richtig", citation="§ 20 Abs. 1 Satz 2 Nr. 2 SGB II")
    write("nummer", citation="§ 20 Abs. 1 Nr. 3 SGB II", title="Was ist das?", question="Was noch?")
    write("satz", citation="§ 20 Abs. 1 Satz 9 SGB II", title="Wer ist das?", question="Wer noch?")
    store = LawStore(tmp_path / "law.db")
    text = "Erster Satz. Zweiter Satz:\n1. eins,\n2. zwei."
    provision = Provision("§ 20", "Muster", (Subsection("1", text),))
    store.add([LawText("SGB II", "Muster", "sgb_2", date(2026, 9, 1), "test", (provision,))])
    wrong = {place: text for place, text in _wrong_citations(folder, store).items() if "." not in place}
    assert wrong == {
        "nummer": "Die Fundstelle „§ 20 Abs. 1 Nr. 3 SGB II“: Abs. 1 hat keine Nummer 3 (Wortlaut vom 01.09.2026).",
        "satz": "Die Fundstelle „§ 20 Abs. 1 Satz 9 SGB II“: Abs. 1 hat keinen Satz 9 (Wortlaut vom 01.09.2026).",
    }


def test_a_wording_older_than_the_headings_is_not_used(folder, write, tmp_path):
    write("nummer", citation="§ 20 Abs. 1 Nr. 3 SGB II")
    store = LawStore(tmp_path / "law.db")
    provision = Provision("§ 20", "Muster", (Subsection("1", "Alt."),))
    store.add([LawText("SGB II", "Muster", "sgb_2", date(2025, 1, 1), "test", (provision,))])
    assert _wrong_citations(folder, store) == {}


def _wrong_citations(folder, store):
    return {found.place: found.text for found in check(folder, today=DAY, law=store) if found.kind == "Fundstelle"}


def test_an_article_that_repeats_another_is_found(folder, write):
    body = "Die Miete zahlt das Jobcenter in der Regel ganz, wenn sie angemessen ist. Fragen Sie vor einem Umzug nach."
    write("eins", title="Wer zahlt die Miete?", question="Zahlt ihr Miete?", body=body)
    write("zwei", title="Was ist mit Heizung?", question="Ist mir kalt?", body=body.replace("Fragen", "Bitte fragen"))
    found = [finding for finding in check(folder, today=DAY) if finding.kind == "Ähnlicher Artikel"]
    assert [(finding.place, "bei zwei" in finding.text) for finding in found] == [("eins", True)]


def test_a_next_step_that_only_some_municipalities_have_is_a_note_and_one_that_none_has_an_error(folder, write):
    first = folder / "tenants" / "musterkreis" / "tenant.yml"
    second = folder / "tenants" / "zweitstadt" / "tenant.yml"
    second.parent.mkdir()
    renamed = first.read_text(encoding="utf-8").replace("musterkreis", "zweitstadt")
    assert "id: leistungsberatung" in renamed
    second.write_text(renamed.replace("leistungsberatung", "beratung"), encoding="utf-8")
    write("satz", next_steps="[{service: leistungsberatung}, {service: fehlt}]")
    found = [(f.level, f.text) for f in check(folder, today=DAY) if f.kind == "Verweis"]
    assert found == [
        ("Fehler", "Nächster Schritt: die Leistung „fehlt“ gibt es nicht."),
        ("Hinweis", "Nächster Schritt: die Leistung „leistungsberatung“ gibt es nicht bei zweitstadt."),
    ]


def test_a_question_of_the_evaluation_sets_may_stand_nowhere(folder, write):
    write("eins", question="Zahlt ihr die Miete?")
    (folder / "phrasings").mkdir()
    (folder / "phrasings" / "p.yml").write_text("eins: [geld weg]\n", encoding="utf-8")
    (folder / "evaluation").mkdir()
    rows = [
        {"question": question, "article": "eins", "register": "standard"}
        for question in ("zahlt ihr die miete", "Geld weg!")
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    (folder / "evaluation" / "test.jsonl").write_text(lines, encoding="utf-8")
    found = [finding.place for finding in check(folder, today=DAY) if finding.kind == "Prüffrage"]
    assert found == ["eins", "phrasings: eins"]


def test_one_kind_can_be_asked_for_as_json(folder, write, tmp_path):
    write("satz", body="Es sind 563 Euro.", next_steps="[{article: fehlt}]")
    command = [sys.executable, "-m", "knowledge.check", "--root", str(folder), "--today", "2026-11-21"]
    command += ["--law-store", str(tmp_path / "none.db"), "--only", "verweis", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT.parent, check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(found["kind"], found["place"]) for found in told["findings"]] == [("Verweis", "satz")]


def test_the_index_is_amstads():
    # 4 words in 1 sentence with 6 syllables: 180 - 4 - 58.5 * 6 / 4
    assert round(read("Das Haus kostet Miete.").amstad, 2) == 88.25
    assert [syllables(word) for word in ("Haus", "Miete", "Unterkunft", "Grundsicherungs-Geld")] == [1, 2, 3, 5]


def test_ordinals_lists_and_tables_do_not_make_long_sentences():
    text = (
        "Es gilt ab dem 1. Juli 2026. Nötig sind:\n\n- der Ausweis\n- der Antrag\n\n| a | b |\n|---|---|\n| c | d |\n"
    )
    assert list(sentences(text)) == ["Es gilt ab dem 1. Juli 2026", "Nötig sind:", "der Ausweis", "der Antrag"]
