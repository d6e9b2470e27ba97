"""The law is read from official files and from Markdown, found in German, and refused where it is hostile.

The law of these tests is invented; no real one lies in the repository.
"""

import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from knowledge import ROOT
from knowledge.errors import KnowledgeError
from knowledge.law import LawStore, files
from knowledge.law.files import read_laws
from knowledge.law.headings import write_headings
from knowledge.laws import Laws, parse_reference, references_in

LAWS = Path(__file__).parent / "laws"
XML = LAWS / "mustergesetz.xml"
MARKDOWN = LAWS / "MusterG-BJNR000000000.md"
OLD, NEW = date(2026, 1, 15), date(2026, 7, 1)


def read(*paths, as_of=None):
    laws, problems = read_laws(list(paths), as_of=as_of)
    assert problems == []
    return laws


def provisions(law):
    return {
        provision.name: (provision.heading, {part.number: part.text for part in provision.subsections})
        for provision in law.provisions
    }


@pytest.fixture
def store(tmp_path):
    """Two states of the law: § 2 speaks of loans only in the newer one."""
    newer = tmp_path / "new" / MARKDOWN.name
    newer.parent.mkdir()
    newer.write_text(MARKDOWN.read_text(encoding="utf-8").replace("zurückzuzahlen", "ein Darlehen"), encoding="utf-8")
    store = LawStore(tmp_path / "law.db")
    store.add([*read(XML), *read(newer, as_of=NEW)])
    return store


def test_the_official_file_gives_paragraphs_with_their_subsections_lists_and_tables():
    (law,) = read(XML)
    found = provisions(law)
    assert (law.name, law.title, law.slug, law.as_of) == ("MusterG", "Mustergesetz", "musterg", OLD)
    assert list(found) == ["§ 1", "§ 2", "§ 7", "Anlage zu § 2"]
    assert found["§ 2"] == (
        "Kaution und Umzug",
        {
            "1": "Eine Musterkaution zahlt, wer\n1. umzieht,\n2. eine Wohnung hat, die\na) neu oder\nb) alt ist.\n"
            "Sie ist zurückzuzahlen.",
            "2": "Näheres steht in der Tabelle:\nklein | 10 Euro\ngroß | 20 Euro\nEin zweiter Teil dieses Absatzes.",
        },
    )
    assert found["§ 7"] == ("", {"1": "Ohne Überschrift."})
    assert found["Anlage zu § 2"] == ("Beträge", {"": "Hier stehen Beträge."})


def test_markdown_and_official_file_say_the_same():
    (official,), (markdown,) = read(XML), read(MARKDOWN, as_of=OLD)
    assert [(p.name, [(s.number, s.canonical) for s in p.subsections]) for p in official.provisions] == [
        (p.name, [(s.number, s.canonical) for s in p.subsections]) for p in markdown.provisions
    ]


def test_a_zip_of_the_register_is_read_without_unpacking(tmp_path):
    archive = tmp_path / "xml.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(XML, "BJNR000000000.xml")
        opened.writestr("bild.jpg", b"\xff")
    assert [law.name for law in read(archive)] == ["MusterG"]
    assert list(tmp_path.iterdir()) == [archive]


def test_a_folder_may_hold_other_files_and_one_broken_law_keeps_no_other_out(tmp_path):
    (tmp_path / "README.md").write_text("# Kein Gesetz", encoding="utf-8")
    (tmp_path / "kaputt.xml").write_text("<dokumente><norm>", encoding="utf-8")
    (tmp_path / "gut.xml").write_bytes(XML.read_bytes())
    laws, problems = read_laws([tmp_path])
    assert [law.name for law in laws] == ["MusterG"]
    assert len(problems) == 1
    assert "kaputt.xml: ist kein lesbares XML" in problems[0]


@pytest.mark.parametrize(
    ("declaration", "use"),
    [
        ('<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">', "&b;"),
        ('<!ENTITY a SYSTEM "file:///etc/hostname">', "&a;"),
    ],
)
def test_entities_are_never_expanded(tmp_path, declaration, use):
    hostile = XML.read_text(encoding="utf-8").replace("Ohne Überschrift", use)
    start = hostile.index("<!DOCTYPE")
    end = hostile.index(">", start) + 1
    path = tmp_path / "boese.xml"
    path.write_text(f"{hostile[:start]}<!DOCTYPE dokumente [{declaration}]>{hostile[end:]}", encoding="utf-8")
    laws, problems = read_laws([path])
    assert laws == []
    assert problems == ["boese.xml: enthält XML-Entitäten; solche Dateien werden nicht gelesen."]


@pytest.mark.parametrize("name", ["../BJNR1.xml", "/tmp/BJNR1.xml", "C:\\BJNR1.xml", "a/..\\..\\BJNR1.xml"])
def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path, name):
    archive = tmp_path / "xml.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(name, XML.read_bytes())
    laws, problems = read_laws([archive])
    assert laws == []
    assert "außerhalb seines Ordners" in problems[0]


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 2**20)
    archive = tmp_path / "xml.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("BJNR1.xml", b" " * 2**21)
    laws, problems = read_laws([archive])
    assert laws == []
    assert "ausgepackt größer als 1 MB" in problems[0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.zip", b"PK nothing", "ist kein lesbares Archiv"),
        ("a.xml", b"<items/>", "ist keine Gesetzesdatei"),
        ("a.md", b"# Nur Text", "ist kein Gesetz in Markdown"),
        ("a.txt", b"x", "gelesen werden .xml, .zip und .md"),
        ("Muster.md", b"% Gesetz\n\n# \xc2\xa7 1\n\nText", "nennt keinen Stand"),
    ],
)
def test_what_is_no_law_is_named_in_german(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    _, problems = read_laws([tmp_path / name])
    assert sentence in problems[0]


def test_words_are_found_in_any_form_and_inside_compounds(store):
    assert [(p.label, p.subsection) for p in store.search("Kautionen")] == [("§ 2 MusterG", "1"), ("§ 2 MusterG", "2")]
    assert store.search("Darlehens")[0].subsection == "1"
    assert store.search("Raumfahrt") == []


def test_signs_of_the_query_language_do_no_harm(store):
    assert store.search('" OR * NEAR( AND ) -') == []
    assert store.search('kaution" OR "x')[0].label == "§ 2 MusterG"


def test_a_paragraph_is_found_exactly_and_first(store):
    found = store.search("§ 7 Muster")
    assert (found[0].label, found[0].heading, found[0].text) == (
        "§ 7 MusterG",
        "Gesetz über Muster",
        "Ohne Überschrift.",
    )
    assert [(p.label, p.subsection) for p in store.search("§ 2 Abs. 2")][0] == ("§ 2 MusterG", "2")


def test_each_day_has_its_own_wording(store):
    assert store.states() == {"MusterG": (OLD, NEW)}
    (newest,) = store.passages("§ 2 Abs. 1 MusterG")
    (older,) = store.passages("§ 2 Abs. 1 MusterG", as_of=date(2026, 6, 30))
    assert (newest.as_of, older.as_of) == (NEW, OLD)
    assert "ein Darlehen" in newest.text
    assert "zurückzuzahlen" in older.text
    assert store.passages("§ 2 Abs. 1 MusterG", as_of=date(2025, 1, 1)) == []
    assert newest.url == "https://www.gesetze-im-internet.de/musterg/__2.html"


def test_the_same_state_read_again_stands_once(store):
    before = len(store.search("Musterkaution"))
    store.add(read(XML))
    assert store.states() == {"MusterG": (OLD, NEW)}
    assert len(store.search("Musterkaution")) == before
    assert len(store.passages("§ 2 MusterG")) == 2


def test_a_store_that_is_not_there_or_none_is_named_in_german(tmp_path):
    with pytest.raises(KnowledgeError, match="noch kein Gesetz eingelesen"):
        LawStore(tmp_path / "law.db").search("Miete")
    (tmp_path / "law.db").write_text("Brief" * 100)
    with pytest.raises(KnowledgeError, match="kein Gesetzesspeicher"):
        LawStore(tmp_path / "law.db").search("Miete")


def test_the_command_imports_shows_and_finds(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "knowledge.law", "--store", str(tmp_path / "law.db"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT.parent, check=False)

    assert run("import", str(XML)).returncode == 0
    shown = run("show", "§ 2 Abs. 2 MusterG")
    assert (shown.returncode, "klein | 10 Euro" in shown.stdout) == (0, True)
    assert run("show", "§ 99 MusterG").returncode == 1
    nonsense = run("show", "irgendwo")
    assert (nonsense.returncode, "hat nicht die Form" in nonsense.stderr) == (2, True)


def test_headings_say_which_subsections_there_are_and_nothing_of_the_wording(tmp_path):
    text = MARKDOWN.read_text(encoding="utf-8")
    (tmp_path / "SGB_2-BJNR295500003.md").write_text(text, encoding="utf-8")
    write_headings(read(tmp_path, as_of=NEW), tmp_path / "laws.yml")
    law = Laws.load(tmp_path).laws["SGB II"]
    assert law.subsections == {"2": "1 2", "7": "1"}
    assert law.annexes["2"].title == "Beträge"
    assert "Musterkaution" not in (tmp_path / "laws.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "citation", ["§ 22 Abs. 13 SGB II", "§ 22 Abs. 1, 2 und 99 SGB II", "§ 16j SGB II", "§ 87 Abs. 9 SGG"]
)
def test_a_subsection_that_does_not_exist_cannot_be_cited(citation):
    with pytest.raises(KnowledgeError, match="hat keinen Absatz|gibt es im Gesetz"):
        Laws.load(ROOT).citation(citation)


@pytest.mark.parametrize("citation", ["§ 22 Abs. 1a SGB II", "§ 22 Abs. 1 bis 3 SGB II", "§ 31a Abs. 1 Satz 2 SGB II"])
def test_a_subsection_that_exists_can(citation):
    assert Laws.load(ROOT).citation(citation).as_of.year == 2026


def test_a_citation_is_taken_apart():
    reference = parse_reference("§ 42 Abs. 2 Satz 5 und 6 Nr. 3 SGB II")
    assert (reference.label, reference.number, reference.detail) == ("§ 42 SGB II", "42", "Abs. 2 Satz 5 und 6 Nr. 3")
    assert [span.first for span in reference.sentences] == ["5", "6"]
    assert "1a" in parse_reference("§ 22 Abs. 1 bis 3 SGB II").subsections[0]


def test_citations_are_found_in_the_sources_of_amounts():
    assert references_in("§ 11a Abs. 7 und § 11b Abs. 2b SGB II") == ["§ 11a Abs. 7 SGB II", "§ 11b Abs. 2b SGB II"]
    assert references_in("Beispiel, berechnet nach § 11b SGB II") == ["§ 11b SGB II"]
    assert references_in("Satzung der Stadt") == []
