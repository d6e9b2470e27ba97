"""Translations say what the German article says today, or are not served."""

from datetime import date
from pathlib import Path

import pytest

from knowledge import ROOT
from knowledge.articles import ArticleRevision, load_content, read_source, source_fields, source_text
from knowledge.library import Library
from knowledge.retrieval.translated import rank
from knowledge.translations import LANGUAGES, behind, digest, read_translations

TODAY = date(2026, 11, 21)
MOST_ASKED = 60


@pytest.fixture(scope="module")
def content():
    return load_content(ROOT, tenant="musterkreis", today=TODAY)


@pytest.fixture(scope="module")
def library():
    return Library.load(ROOT, tenant="musterkreis", today=TODAY, encoder=ROOT / "encoder")


def test_no_translation_is_older_than_its_german_article():
    sources = [read_source(path) for path in (ROOT / "articles").rglob("*.md")]
    assert behind(ROOT, {one.id: (one.title, one.body) for one in sources}) == {language: [] for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_most_asked_articles_are_there_in_every_language(content, language):
    translations, problems = read_translations(ROOT, language)
    assert not problems
    assert len(translations) >= MOST_ASKED
    assert set(content.translations[language]) == set(translations)


@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_are_those_of_the_german_article(content, language):
    for id, translation in content.translations[language].items():
        german = content.sources[id].body
        written, _ = read_translations(ROOT, language)
        for name in {part.split("}}")[0].split("|")[0].strip() for part in german.split("{{")[1:]}:
            assert name in written[id].body, (id, name)
        assert "{{" not in translation.text


def test_units_are_said_in_the_language_and_money_as_in_german(content):
    assert "563 Euro" in content.translations["uk"]["regelbedarf-hoehe"].text
    texts = " ".join(one.text for one in content.translations["en"].values())
    assert " months" in texts and " Monate" not in texts


def test_an_editor_who_changes_the_german_takes_the_translations_offline():
    path = next((ROOT / "articles").rglob("minijob.md"))
    fields = source_fields(path.read_text(encoding="utf-8"))
    text = source_text({**fields, "body": fields["body"] + "\n\nNeu."})
    changed = load_content(
        ROOT, tenant="musterkreis", today=TODAY, revisions=[ArticleRevision("base", "minijob", 1, text)]
    )
    assert all("minijob" not in of_language for of_language in changed.translations.values())
    assert "Neu." in changed.articles["minijob"].text


def test_a_broken_translation_is_named_and_takes_nothing_down(tmp_path: Path):
    folder = tmp_path / "translations" / "en"
    folder.mkdir(parents=True)
    (folder / "gut.md").write_text(f"---\nid: gut\nof: {digest('a', 'b')}\ntitle: T\nquestions: [q]\n---\nText")
    (folder / "ohne.md").write_text("---\nid: ohne\n---\nText")
    (folder / "falsch.md").write_text("---\nid: [\n---\n")
    (folder / "anders.md").write_text((folder / "gut.md").read_text())
    found, problems = read_translations(tmp_path, "en")
    assert set(found) == {"gut"}
    assert set(problems) == {f"translations/en/{name}.md" for name in ("ohne", "falsch", "anders")}


def test_a_question_in_another_language_finds_its_article(library):
    result = library.search("скільки грошей на місяць отримує одна людина", language="uk")
    assert result.hits[0].article == "regelbedarf-hoehe" and result.hits[0].language == "uk"
    steps = {step.id: step.title for step in result.hits[0].next_steps if step.kind == "article"}
    translated = library.content.translations["uk"]
    assert all(title == translated[id].title for id, title in steps.items() if id in translated)


def test_german_words_in_a_foreign_talk_are_still_found(library):
    result = library.search("Wie lege ich Widerspruch ein?", language="ar")
    assert result.hits[0].article in {"widerspruch", "widerspruch-form", "widerspruch-frist"}


def test_nothing_is_ranked_where_nothing_is_translated():
    assert rank([], "anything") == []
