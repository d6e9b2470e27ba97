"""Finds laws in files and folders: .xml or .zip of the register, .md; what is hostile or too big is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath

from knowledge.errors import KnowledgeError
from knowledge.law.markdown import is_law, read_markdown
from knowledge.law.official import read_official
from knowledge.law.text import LawText

MOST_BYTES = 32 * 2**20  # the register's largest law with text, the civil code, has 2.5 MB
MOST_MEMBERS = 5000  # pictures of traffic signs: some hundred
SUFFIXES = (".xml", ".zip", ".md")


def read_laws(paths: list[Path], *, as_of: date | None = None) -> tuple[list[LawText], list[str]]:
    """All laws found, and a German sentence for each file that could not be read."""
    laws: list[LawText] = []
    problems: list[str] = []
    for path in paths:
        if not path.exists():
            problems.append(f"{path}: gibt es nicht.")
            continue
        found = _files(path)
        if not found:
            problems.append(f"{path}: enthält keine Gesetze (.xml, .zip, .md).")
        for file in found:
            try:
                laws.extend(_read(file, as_of))
            except KnowledgeError as error:
                problems.append(str(error))
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{file.name}: nicht lesbar ({error}).")
    return laws, problems


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    return [file for file in found if file.suffix.lower() != ".md" or _opens_like_a_law(file)]


def _opens_like_a_law(file: Path) -> bool:
    with file.open("rb") as opened:
        return is_law(opened.read(2).decode("utf-8", "replace"))


def _read(file: Path, as_of: date | None) -> Iterator[LawText]:
    suffix = file.suffix.lower()
    if suffix == ".zip":
        for name, content in _members(file):
            yield read_official(content, source=f"{file.name}/{name}", as_of=as_of)
        return
    if file.stat().st_size > MOST_BYTES:
        raise KnowledgeError(f"{file.name}: ist zu groß (mehr als {MOST_BYTES // 2**20} MB).")
    if suffix == ".xml":
        yield read_official(file.read_bytes(), source=file.name, as_of=as_of)
    elif suffix == ".md":
        yield read_markdown(file.read_text(encoding="utf-8"), file_name=file.name, as_of=as_of)
    else:
        raise KnowledgeError(f"{file.name}: gelesen werden .xml, .zip und .md.")


def _members(file: Path) -> Iterator[tuple[str, bytes]]:
    """The XML files of an archive, read in memory and never further than allowed, whatever its index claims."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_MEMBERS:
                raise KnowledgeError(f"{file.name}: Das Archiv enthält zu viele Dateien und wird nicht gelesen.")
            for entry in entries:
                path = PurePosixPath(entry.filename.replace("\\", "/"))
                if path.is_absolute() or ".." in path.parts or ":" in entry.filename:
                    raise KnowledgeError(
                        f"{file.name}: Das Archiv will Dateien außerhalb seines Ordners ablegen und wird nicht gelesen."
                    )
            laws = [entry for entry in entries if entry.filename.lower().endswith(".xml")]
            if not laws:
                raise KnowledgeError(f"{file.name}: Das Archiv enthält kein Gesetz (.xml).")
            left = MOST_BYTES
            for entry in laws:
                with archive.open(entry) as opened:
                    content = opened.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise KnowledgeError(
                        f"{file.name}: Das Archiv ist ausgepackt größer als {MOST_BYTES // 2**20} MB und wird nicht "
                        "gelesen."
                    )
                yield entry.filename, content
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise KnowledgeError(f"{file.name}: ist kein lesbares Archiv ({error}).") from error
