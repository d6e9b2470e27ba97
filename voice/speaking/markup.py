"""Written text without what only the eye needs: Markdown goes, lists become sentences, lines become sentences."""

from __future__ import annotations

import re

_ORDER = ("Erstens", "Zweitens", "Drittens", "Viertens", "Fünftens", "Sechstens", "Siebtens", "Achtens")
_ITEM = re.compile(r"^\s{0,8}(?:[-*+•–▪]|\d{1,2}[.)])\s+(.*)$")
_RULE = re.compile(r"^\s*(?:[-*_=]\s?){3,}$")
_SENTENCE_ENDS = (".", "!", "?", ":", ";", ",")


def plain_text(text: str) -> str:
    """One line of sentences. Lists of up to eight are counted: "Erstens: … Zweitens: …"."""
    text = re.sub(r"```[^`]*```", " ", text)
    text = re.sub(r"!\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"\[([^\]\n]*)\]\([^)\n]*\)", r"\1", text)
    text = re.sub(r"</?[A-Za-z][^<>]{0,200}>", " ", text)
    text = re.sub(r"(\*\*\*|\*\*|__|~~|`)", "", text)
    text = re.sub(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)", "", text)
    sentences: list[str] = []
    items: list[str] = []
    for line in [*text.splitlines(), ""]:
        item = _ITEM.match(line)
        if item:
            items.append(item[1].strip())
            continue
        if items and line.startswith((" ", "\t")) and line.strip():
            items[-1] += " " + line.strip()
            continue
        if line.strip() or not items:
            sentences += _counted(items)
            items = []
        shown = re.sub(r"^\s*(?:#{1,6}|>+)\s*", "", line).strip()
        if shown and not _RULE.match(line):
            sentences.append(shown)
        elif not shown and sentences and not sentences[-1].endswith("\n"):
            sentences[-1] += "\n"
    return _joined([*sentences, *_counted(items)])


def _counted(items: list[str]) -> list[str]:
    """Items as sentences; one item alone, items with labels, or more than can be counted aloud stay uncounted."""
    spoken = [item if item.endswith(_SENTENCE_ENDS) else f"{item}." for item in items if item]
    labelled = all(": " in item for item in spoken)  # "Ort: Musterstadt": the label tells them apart
    if labelled or not 2 <= len(spoken) <= len(_ORDER):
        return [f"{item}\n" for item in spoken]
    return [f"{order}: {item}\n" for order, item in zip(_ORDER, spoken, strict=False)]


def _joined(sentences: list[str]) -> str:
    """Lines of one paragraph run on; a paragraph or item that ends without a mark gets a full stop."""
    text = ""
    for sentence in sentences:
        words = sentence.strip()
        closed = sentence.endswith("\n") and not words.endswith(_SENTENCE_ENDS)
        text += f"{words}{'.' if closed else ''} "
    return text.strip()
