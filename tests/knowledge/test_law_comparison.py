"""A changed law names the articles and amounts that rest on what changed, and nothing else."""

import sys
from datetime import date
from pathlib import Path

import pytest

from knowledge.law import LawStore
from knowledge.law.__main__ import main
from knowledge.law.comparison import Citations, compare
from knowledge.law.files import read_laws

LAWS = Path(__file__).parent / "laws"
XML = LAWS / "mustergesetz.xml"
MARKDOWN = LAWS / "MusterG-BJNR000000000.md"


@pytest.fixture
def changed(tmp_path):
    """`changed(old=new, …)` writes a newer state of the law with some words replaced."""

    def write_changed(replaced):
        text = MARKDOWN.read_text(encoding="utf-8")
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "newer" / MARKDOWN.name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write_changed


def laws(path, as_of=date(2026, 7, 1)):
    return {law.name: law for law in read_laws([path], as_of=as_of)[0]}


def changes(path):
    return [(change.place, change.kind, change.note) for change in compare(laws(XML), laws(path))]


def test_another_form_of_the_same_wording_is_no_change():
    assert changes(MARKDOWN) == []


@pytest.mark.parametrize(
    ("replaced", "expected"),
    [
        ({"alt ist": "sehr alt ist"}, [("§ 2 Abs. 1", "geändert", "")]),
        ({"(1a) (weggefallen)": "(1a) Neues."}, [("§ 2 Abs. 1a", "neu", "")]),
        ({"(1) Ohne Überschrift.": "(1) (weggefallen)"}, [("§ 7", "weggefallen", "")]),
        ({"# § 2a – (weggefallen)": "# § 2a – Mehr\n\nEs gibt mehr."}, [("§ 2a", "neu", "Mehr")]),
        ({"§ 1 – Zweck": "§ 1 – Ziel"}, [("§ 1", "Überschrift", "jetzt: Ziel")]),
        (
            {"(2) Näheres": "(3) Näheres"},
            [("§ 2 Abs. 2", "verschoben", "jetzt Abs. 3"), ("§ 2 Abs. 3", "neu", "bisher Abs. 2")],
        ),
    ],
)
def test_each_kind_of_change_is_named_with_its_place(changed, replaced, expected):
    assert changes(changed(replaced)) == expected


def test_an_article_is_touched_by_its_own_subsection_and_by_citing_the_whole_paragraph(folder, write, changed):
    write("genau", citation="§ 2 Abs. 1 MusterG")
    write("bereich", citation="§ 2 Abs. 1 bis 3 MusterG")
    write("ganz", citation="§ 2 MusterG", layer="tenants/musterkreis/articles")
    write("anderer-absatz", citation="§ 2 Abs. 2 MusterG")
    write("anderes-gesetz", citation="§ 2 Abs. 1 SGB II")
    (folder / "amounts" / "muster.yml").write_text(
        "satz:\n  title: Satz\n  unit: euro\n  source: § 2 Abs. 1 MusterG\n"
        "  values: [{from: 2026-01-01, to: null, value: 1}]\n",
        encoding="utf-8",
    )
    (change,) = compare(laws(XML), laws(changed({"alt ist": "sehr alt ist"})))
    touched = Citations.read(folder).touched_by(change)
    assert touched.exactly == ("bereich", "genau", "Betrag muster.satz")
    assert touched.as_a_whole == ("ganz",)


def test_a_repealed_paragraph_touches_whoever_cites_any_part_of_it(folder, write, changed):
    write("teil", citation="§ 7 Abs. 1 MusterG")
    gone = compare(laws(XML), laws(changed({"(1) Ohne Überschrift.": "(1) (weggefallen)"})))
    assert [Citations.read(folder).touched_by(change).exactly for change in gone] == [("teil",)]


@pytest.mark.parametrize(("citation", "status"), [("§ 2 Abs. 1 MusterG", 1), ("§ 2 Abs. 2 MusterG", 0)])
def test_the_command_ends_with_one_only_where_something_rests_on_a_change(
    folder, write, changed, monkeypatch, capsys, citation, status
):
    write("satz", citation=citation)
    newer = changed({"alt ist": "sehr alt ist"})
    monkeypatch.setattr(sys, "argv", ["law", "compare", str(XML), str(newer), "--root", str(folder)])
    assert main() == status
    shown = capsys.readouterr().out
    assert "§ 2 Abs. 1" in shown
    assert ("satz" in shown) == (status == 1)


def test_two_days_of_the_store_can_be_compared(folder, write, changed, monkeypatch, capsys, tmp_path):
    write("satz", citation="§ 2 Abs. 1 MusterG")
    store = LawStore(tmp_path / "law.db")
    store.add([*laws(XML, None).values(), *laws(changed({"alt ist": "sehr alt ist"})).values()])
    command = ["law", "--store", str(store.path), "compare", "2026-06-30", "MusterG@2026-07-01", "--root", str(folder)]
    monkeypatch.setattr(sys, "argv", command)
    assert main() == 1
    assert "1 Änderungen in 1 Gesetzen; 1 Artikel" in capsys.readouterr().out


def test_what_is_no_state_ends_with_two(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["law", "compare", "gestern", "heute"])
    assert main() == 2
    assert "weder Datei noch Ordner" in capsys.readouterr().err
