"""Editors' revisions stand over the files of their layer, never over a more special one, and never spoil the rest."""

from datetime import date

import pytest

from knowledge import ROOT
from knowledge.articles import ArticleRevision, load_content, parse_source, source_fields, source_text
from knowledge.errors import KnowledgeError

DAY = date(2026, 11, 21)


def revision(path, layer: str, title: str, **fields: bool) -> ArticleRevision:
    """The article in a file with another title, as a revision."""
    text = source_text({**source_fields(path.read_text(encoding="utf-8")), "title": title})
    return ArticleRevision(layer=layer, id=path.stem, number=1, text=text, **fields)


@pytest.fixture
def titles(folder):
    def read(*revisions: ArticleRevision, tenant: str = "musterkreis") -> tuple[dict[str, str], dict[str, str]]:
        content = load_content(folder, tenant=tenant, today=DAY, revisions=revisions)
        return {id: article.title for id, article in content.articles.items()}, content.withheld

    return read


def own_file(folder, path, title: str) -> None:
    text = source_text({**source_fields(path.read_text(encoding="utf-8")), "title": title})
    target = folder / "tenants" / "musterkreis" / "articles" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def article_file(folder, id: str):
    return next(path for path in (folder / "articles").rglob("*.md") if path.stem == id)


def test_the_order_is_file_revision_own_file_own_revision(folder, write, titles):
    write("satz", title="Datei?")
    path = article_file(folder, "satz")
    base, own = revision(path, "base", "Fassung für alle?"), revision(path, "musterkreis", "Eigene Fassung?")
    assert titles()[0]["satz"] == "Datei?"
    assert titles(base)[0]["satz"] == "Fassung für alle?"
    assert titles(base, own)[0]["satz"] == "Eigene Fassung?"
    assert titles(own, base)[0]["satz"] == "Eigene Fassung?"
    own_file(folder, path, "Eigene Datei?")
    assert titles(base)[0]["satz"] == "Eigene Datei?", "a tenant's own file wins over a change for all"
    assert titles(base, own)[0]["satz"] == "Eigene Fassung?"


def test_a_withdrawn_article_is_withheld_with_its_reason_and_brings_nothing_older_back(folder, write, titles):
    write("satz")
    path = article_file(folder, "satz")
    served, withheld = titles(revision(path, "musterkreis", "x", withdrawn=True))
    assert "satz" not in served and "zurückgezogen" in withheld["satz"]


def test_another_tenants_revision_is_not_seen(folder, write, titles):
    write("satz", title="Datei?")
    assert titles(revision(article_file(folder, "satz"), "beispielhafen", "Fremd?"))[0]["satz"] == "Datei?"


@pytest.mark.parametrize("text", ["", "---\nid: [\n---\nx", "---\nid: satz\n---\nx", "kein Kopf"])
def test_a_revision_that_cannot_be_read_takes_only_its_article_down(folder, write, titles, text):
    write("satz")
    write("gut")
    served, withheld = titles(ArticleRevision(layer="base", id="satz", number=3, text=text))
    assert set(served) == {"gut"} and "Fassung 3" in withheld["satz"]


def test_every_article_of_the_repository_is_written_as_it_is_read():
    for path in ROOT.rglob("articles/**/*.md"):
        text = path.read_text(encoding="utf-8")
        assert parse_source(source_text(source_fields(text)), place="x") == parse_source(text, place="x"), path.name


@pytest.mark.parametrize(
    "template",
    [
        "{{ 'x' * 100000000 }}",
        "{{ [0] * 100000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% for a in range(100000) %}x{% endfor %}",
        "{{ 'x'.ljust(100000000) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'x'|center(1000000000) }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ tenant.__init__.__globals__ }}",
    ],
)
def test_a_placeholder_cannot_take_the_servers_memory_time_or_secrets(folder, write, titles, template):
    write("satz", body=f'"{template}"')
    assert "Platzhalter" in titles()[1]["satz"]


def test_texts_of_several_lines_are_written_as_blocks():
    assert "spoken: |-\n  Eins.\n  Zwei.\n" in source_text({"id": "a", "spoken": "Eins.\nZwei.", "body": "x"})
    with pytest.raises(KnowledgeError, match="nicht lesbar"):
        parse_source("---\na: [\n---\n", place="Die Fassung 1")
