"""The editors' check finds what would mislead a citizen and says where."""

import subprocess
import sys
from datetime import date

import pytest
from conftest import DAY

from knowledge import ROOT
from knowledge.check import check


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
