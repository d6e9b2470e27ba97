"""What a text may not contain, and how hard it may be.

Every threshold was chosen by measuring the 273 articles of November 2026 (median and 95th percentile in brackets): a
note is for the hardest few in a hundred, an error is out of reach of any text that was written with care.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from knowledge.articles import Article, ArticleSource
from knowledge.check.findings import Finding, Kind, Level
from knowledge.check.readability import Readability, read

MOST_WORDS_TEXT = 120
MOST_WORDS_SPOKEN = 40
FEWEST_QUESTIONS = 6

# (note, error)
TEXT_INDEX = (40, 30)  # Amstad's index (57; hardest twentieth below 43); below 30 is Flesch's "very difficult"
TEXT_MEAN = (12, 16)  # words in a sentence (9; 11.7)
TEXT_LONGEST = (25, 35)  # words (17; 25)
SPOKEN_INDEX = (30, 15)  # (61; hardest fiftieth below 30): three sentences vary far more than a page
SPOKEN_LONGEST = (15, 25)  # words (13; 20); a listener cannot go back
EASY_INDEX = (55, 40)  # (74; hardest twentieth below 64)
EASY_LONGEST = (10, 12)  # words (8; 10)
EASY_LONG_WORDS = (5, 10)  # percent of words that have more than twelve letters without a hyphen (0; 3)

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_NUMBER = r"\d[\d.,]*"
_IN_WORDS = (
    r"(?<![\w-])(?!ein\s)(?:ein|zwei|zwo|drei|vier|fünf|sechs?|sieb(?:en)?|acht|neun|zehn|elf|zwölf|zwan|zig|ßig|und|"
    r"hundert|tausend)+"
)
_BARE_AMOUNT = re.compile(
    rf"{_NUMBER}\s*(?:€|Euro\b|Cent\b|Prozent\b|%)|€\s*\d|{_IN_WORDS}\s+(?:Euro|Cent|Prozent)\b", re.I
)
_BARE_PERIOD = re.compile(
    rf"{_NUMBER}\s*(?:Tagen?|Wochen?|Monate?n?|Quadratmetern?|m²)\b|"
    rf"{_IN_WORDS}\s+(?:Tagen?|Wochen?|Monaten?|Jahren?|Quadratmetern?)\b",
    re.IGNORECASE,
)
_UNSPEAKABLE = re.compile(
    r"§|[()\[\]*_/|<>#&=→–]|%|€|https?:|www\.|\S@\S|"
    r"\b(?:z\. ?B\.|bzw\.|d\. ?h\.|ggf\.|Abs\.|Nr\.|Art\.|usw\.|etc\.|evtl\.|inkl\.|ca\.|u\. ?a\.|SGB\b|Std\.|Tel\.)"
)


def in_source(source: ArticleSource) -> Iterator[Finding]:
    """What is wrong in an article as it is written, whether or not it is served today."""
    texts = (("Titel", source.title), ("Text", source.body), ("spoken", source.spoken), ("easy", source.easy))
    for field, text in texts:
        bare = _PLACEHOLDER.sub("", text)
        for match in _BARE_AMOUNT.finditer(bare):
            written = " ".join(match[0].split())
            yield Finding(
                source.id, "Fehler", f"{field}: „{written}“ steht als Zahl da statt als Verweis auf amounts.", "Betrag"
            )
        for match in _BARE_PERIOD.finditer(bare):
            written = " ".join(match[0].split())
            yield Finding(
                source.id, "Hinweis", f"{field}: Steht „{written}“ im Gesetz? Dann als Verweis auf amounts.", "Betrag"
            )
    if len(source.questions) < FEWEST_QUESTIONS:
        yield Finding(source.id, "Hinweis", f"Nur {len(source.questions)} Fragen; gut sind sechs bis zehn.", "Aufbau")
    if not source.citations:
        yield Finding(source.id, "Hinweis", "Keine Fundstelle.", "Fundstelle")


def in_article(article: Article) -> Iterator[Finding]:
    """What is wrong in an article with its amounts filled in."""
    spoken, text = len(article.spoken.split()), len(article.text.split())
    if spoken > MOST_WORDS_SPOKEN:
        yield Finding(article.id, "Fehler", f"spoken hat {spoken} Wörter, erlaubt sind {MOST_WORDS_SPOKEN}.", "Länge")
    if text > MOST_WORDS_TEXT:
        yield Finding(article.id, "Fehler", f"Der Text hat {text} Wörter, erlaubt sind {MOST_WORDS_TEXT}.", "Länge")
    if unspeakable := _UNSPEAKABLE.search(article.spoken):
        yield Finding(
            article.id, "Fehler", f"spoken enthält „{unspeakable[0]}“; das lässt sich nicht vorlesen.", "Vorlesen"
        )
    for level, kind, sentence in _hard(article.text, article.spoken, article.easy):
        yield Finding(article.id, level, sentence, kind)


@lru_cache(maxsize=4096)
def _hard(text: str, spoken: str, easy: str) -> tuple[tuple[Level, Kind, str], ...]:
    """Cached, since most articles are the same for every municipality."""
    figures = read(text), read(spoken, markdown=False), read(easy, markdown=False)
    if None in figures:
        return ()
    in_text, in_spoken, in_easy = (figure for figure in figures if figure is not None)
    return (*_hard_text(in_text), *_hard_spoken(in_spoken), *_hard_easy(in_easy, in_text))


def _hard_text(figures: Readability) -> Iterator[tuple[Level, Kind, str]]:
    if level := _below(figures.amstad, TEXT_INDEX):
        yield level, "Lesbarkeit", f"Der Text ist schwer zu lesen (Index {figures.amstad:.0f}, gut ist ab 50)."
    if level := _above(figures.mean_words, TEXT_MEAN):
        yield level, "Lesbarkeit", f"Die Sätze im Text haben im Mittel {figures.mean_words:.0f} Wörter, gut sind zehn."
    if level := _above(figures.longest_words, TEXT_LONGEST):
        yield level, "Lesbarkeit", f"Ein Satz im Text hat {figures.longest_words} Wörter: {_opening(figures)}"


def _hard_spoken(figures: Readability) -> Iterator[tuple[Level, Kind, str]]:
    if level := _below(figures.amstad, SPOKEN_INDEX):
        yield level, "Vorlesen", f"spoken hat sehr lange Wörter (Index {figures.amstad:.0f}, gut ist ab 50)."
    if level := _above(figures.longest_words, SPOKEN_LONGEST):
        words = f"{figures.longest_words} Wörter, gut sind höchstens {SPOKEN_LONGEST[0]}"
        yield level, "Vorlesen", f"Ein Satz in spoken hat {words}: {_opening(figures)}"


def _hard_easy(figures: Readability, text: Readability) -> Iterator[tuple[Level, Kind, str]]:
    if level := _above(figures.longest_words, EASY_LONGEST):
        words = f"{figures.longest_words} Wörter, gut sind höchstens {EASY_LONGEST[0]}"
        yield level, "Leichte Sprache", f"Ein Satz in easy hat {words}: {_opening(figures)}"
    if level := _above(100 * figures.long_words, EASY_LONG_WORDS):
        yield level, "Leichte Sprache", "easy hat viele lange Wörter; teilen Sie sie mit einem Bindestrich."
    if level := _below(figures.amstad, EASY_INDEX):
        yield level, "Leichte Sprache", f"easy ist schwer zu lesen (Index {figures.amstad:.0f}, gut ist ab 65)."
    if figures.amstad < text.amstad and figures.longest_words >= text.longest_words:
        yield "Fehler", "Leichte Sprache", "easy ist nicht leichter als der Text."
    elif figures.amstad < text.amstad:
        yield "Hinweis", "Leichte Sprache", "easy hat längere Wörter als der Text."


def _below(value: float, limits: tuple[float, float]) -> Level | None:
    note, error = limits
    return "Fehler" if value < error else "Hinweis" if value < note else None


def _above(value: float, limits: tuple[float, float]) -> Level | None:
    note, error = limits
    return "Fehler" if value > error else "Hinweis" if value > note else None


def _opening(figures: Readability) -> str:
    words = figures.longest.split()
    return f"„{' '.join(words[:7])} …“" if len(words) > 7 else f"„{' '.join(words)}“"
