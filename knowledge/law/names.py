"""How a law is cited here, and where the register keeps it."""

from __future__ import annotations

import re

# abbreviation in the register (jurabk, also the prefix of a Markdown file): cited as, folder in the register, title
_KNOWN = {
    "SGB 1": ("SGB I", "sgb_1", "Sozialgesetzbuch Erstes Buch – Allgemeiner Teil"),
    "SGB 2": ("SGB II", "sgb_2", "Sozialgesetzbuch Zweites Buch – Grundsicherung für Arbeitsuchende"),
    "SGB 3": ("SGB III", "sgb_3", "Sozialgesetzbuch Drittes Buch – Arbeitsförderung"),
    "SGB 10": ("SGB X", "sgb_10", "Sozialgesetzbuch Zehntes Buch – Sozialverwaltungsverfahren und Sozialdatenschutz"),
    "SGB 12": ("SGB XII", "sgb_12", "Sozialgesetzbuch Zwölftes Buch – Sozialhilfe"),
    "SGG": ("SGG", "sgg", "Sozialgerichtsgesetz"),
    "BKGG 1996": ("BKGG", "bkgg_1996", "Bundeskindergeldgesetz"),
    "WoGG": ("WoGG", "wogg", "Wohngeldgesetz"),
    "UhVorschG": ("UhVorschG", "uhvorschg", "Unterhaltsvorschussgesetz"),
    "RBEG 2021": ("RBEG", "rbeg_2021", "Regelbedarfsermittlungsgesetz"),
    "RBSFV 2026": ("RBSFV 2026", "rbsfv_2026", "Regelbedarfsstufen-Fortschreibungsverordnung 2026"),
    "BITV 2.0": ("BITV 2.0", "bitv_2_0", "Barrierefreie-Informationstechnik-Verordnung"),
    "BGG": ("BGG", "bgg", "Behindertengleichstellungsgesetz"),
    "KomtrZV": ("KomtrZV", "komtrzv", "Kommunalträger-Zulassungsverordnung"),
}
_ROMAN = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV"]
_UMLAUTS = str.maketrans({"ä": "_", "ö": "_", "ü": "_", "ß": "_"})  # as in the register's own folders


def known_law(abbreviation: str) -> tuple[str, str, str] | None:
    """Name, folder and title of a law that articles may cite, by the register's abbreviation or the cited name."""
    wanted = " ".join(abbreviation.replace("_", " ").split())
    names = {known[0]: known for known in _KNOWN.values()}
    return _KNOWN.get(wanted) or names.get(wanted)


def law_name(abbreviation: str) -> str:
    """A law's abbreviation as it is cited: "SGB 9" and "sgb_9" become "SGB IX"."""
    cleaned = " ".join(abbreviation.replace("_", " ").split())
    if match := re.fullmatch(r"(?i)sgb ?(\d+|[ivx]+)", cleaned):
        number = match[1]
        known = number.isdigit() and 0 < int(number) < len(_ROMAN)
        return f"SGB {_ROMAN[int(number)] if known else number.upper()}"
    return next((known[0] for known in _KNOWN.values() if known[0].lower() == cleaned.lower()), cleaned)


def register_folder(abbreviation: str) -> str:
    """The register's folder of a law that is not known here."""
    return re.sub(r"[^a-z0-9]", "_", abbreviation.lower().translate(_UMLAUTS))
