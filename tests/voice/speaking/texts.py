"""Texts that are spoken: every article, every sentence of the dialogue, and pairs of what is written and said."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from knowledge.articles import load_content

ROOT = Path(__file__).parents[3]


@cache
def article_texts() -> list[str]:
    found = {
        article.spoken
        for tenant in ("musterkreis", "beispielhafen")
        for article in load_content(ROOT / "knowledge", tenant=tenant, today=date(2026, 11, 24)).articles.values()
    }
    return sorted(found)


@cache
def bot_texts() -> list[str]:
    """What the dialogue says, with something filled in where it fills in."""
    filled = {
        "when": "Dienstag, 24. November, 10 Uhr 30",
        "before": "Mittwoch, 25. November, 8 Uhr",
        "after": "Freitag, 4. Dezember, 14 Uhr 15",
        "phone": "+49 69 90009000",
        "contact": "anna.b@posteo.de",
        "receipt": "M-2026-7KQ4F",
        "spelt_receipt": "M, 2026, 7 K Q 4 F",
        "written": "069 12x",
        "concern": "",
    }
    sentences = yaml.safe_load((ROOT / "bot/sentences.yml").read_text(encoding="utf-8"))
    responses = yaml.safe_load((ROOT / "bot/domain/responses.yml").read_text(encoding="utf-8"))["responses"]
    entries = [*sentences.values(), *(part["custom"] for said in responses.values() for part in said)]
    texts = []
    for entry in entries:
        for written in (entry["text"], entry.get("spoken", entry["text"])):
            for text in [written] if isinstance(written, str) else written:
                texts.append(re.sub(r"\{(\w+)\}", lambda name: filled.get(name[1], "Beispiel"), text))
    return texts


SAID = {
    "Der Regelbedarf beträgt 563 Euro.": "Der Regelbedarf beträgt fünfhundertdreiundsechzig Euro.",
    "Es sind 1.250,50 €.": "Es sind tausendzweihundertfünfzig Euro fünfzig.",
    "Für 12,95 Euro oder 0,50 €.": "Für zwölf Euro fünfundneunzig oder fünfzig Cent.",
    "Noch 100 Euro, 1.000 Euro, 15.000 Euro.": "Noch hundert Euro, tausend Euro, fünfzehntausend Euro.",
    "5-10 Euro, -20 Euro, 12,– Euro.": "fünf bis zehn Euro, minus zwanzig Euro, zwölf Euro.",
    "1.500 − 348 Euro = 1.152 Euro": (
        "tausendfünfhundert minus dreihundertachtundvierzig Euro gleich tausendeinhundertzweiundfünfzig Euro."
    ),
    "450 €/Monat": "vierhundertfünfzig Euro pro Monat.",
    "Es bleiben 20 Prozent, 75% und 4,5 %.": (
        "Es bleiben zwanzig Prozent, fünfundsiebzig Prozent und vier Komma fünf Prozent."
    ),
    "Dienstag, 24. November 2026, 14:30 Uhr": (
        "Dienstag, vierundzwanzigster November zweitausendsechsundzwanzig, vierzehn Uhr dreißig."
    ),
    "am 24. November": "am vierundzwanzigsten November.",
    "Am Dienstag, 24. November, 8 Uhr.": "Am Dienstag, den vierundzwanzigsten November, acht Uhr.",
    "der 3. Dezember": "der dritte Dezember.",
    "am 12.03.2026": "am zwölften März zweitausendsechsundzwanzig.",
    "am 3.12. um 9:05 Uhr": "am dritten Dezember um neun Uhr fünf.",
    "Kommen Sie am 3.12. Bringen Sie den Ausweis mit.": "Kommen Sie am dritten Dezember. Bringen Sie den Ausweis mit.",
    "Vom 1. bis 15. März.": "Vom ersten bis fünfzehnten März.",
    "bis 31.12.2026": "bis zum einunddreißigsten Dezember zweitausendsechsundzwanzig.",
    "2026-11-24": "vierundzwanzigster November zweitausendsechsundzwanzig.",
    "seit dem 1. Januar 1999": "seit dem ersten Januar neunzehnhundertneunundneunzig.",
    "8-12 Uhr": "acht bis zwölf Uhr.",
    "8:00 bis 12:00": "acht bis zwölf Uhr.",
    "13 bis 15.30 Uhr; Freitag: 8 bis 12 Uhr": "dreizehn bis fünfzehn Uhr dreißig; Freitag: acht bis zwölf Uhr.",
    "Mo-Fr 8 bis 16 Uhr": "Montag bis Freitag acht bis sechzehn Uhr.",
    "Mo, Di und Do 8-12 Uhr": "Montag, Dienstag und Donnerstag acht bis zwölf Uhr.",
    "So geht das um 1 Uhr.": "So geht das um ein Uhr.",
    "10 Uhr 30": "zehn Uhr dreißig.",
    "§ 32 Abs. 1 Satz 2 Nr. 3 SGB II": (
        "Paragraf zweiunddreißig, Absatz eins, Satz zwei, Nummer drei, S G B zwei."
    ),
    "§§ 31, 31a und 32 SGB II": (
        "Paragrafen einunddreißig, einunddreißig a und zweiunddreißig, S G B zwei."
    ),
    "nach § 22 Absatz 1a SGB XII": "nach Paragraf zweiundzwanzig, Absatz eins a, S G B zwölf.",
    "SGB X, Alg II, WBA, KdU, BAföG": "S G B zehn, Arbeitslosengeld zwei, W B A, Kosten der Unterkunft, Bafög.",
    "z. B. ca. 3 km, d.h. 45 qm bzw. 2,5 kg inkl. Heizung": (
        "zum Beispiel circa drei Kilometer, das heißt fünfundvierzig Quadratmeter beziehungsweise "
        "zwei Komma fünf Kilogramm inklusive Heizung."
    ),
    "Miete, Strom usw. Dann folgt mehr.": "Miete, Strom und so weiter. Dann folgt mehr.",
    "+49 69 90009103": "null sechs neun, neun null, null null, neun eins, null drei.",
    "Unter 0172 304050.": "Unter null eins sieben zwei, drei null vier, null fünf null.",
    "Tel. 0800 111 0 111": "Telefon null acht null null, eins eins eins, null eins, eins eins.",
    "Rufen Sie 1 1 2 oder die 110 an.": "Rufen Sie eins eins zwei oder die eins eins null an.",
    "112 Euro, 110 Tage": "einhundertzwölf Euro, einhundertzehn Tage.",
    "116 016": "eins eins sechs, null eins sechs.",
    "anna.b@posteo.de": "anna Punkt b at posteo Punkt d e.",
    "max_99@web.de": "max Unterstrich neun neun at web Punkt d e.",
    "Siehe https://www.musterkreis.example/formulare/kdu.pdf.": "Siehe musterkreis Punkt example.",
    "www.jobcenter-digital.de": "jobcenter Bindestrich digital Punkt d e.",
    "99001 Musterstadt": "neun neun null null eins Musterstadt.",
    "PLZ 99001, 99002": "Postleitzahl neun neun null null eins, neun neun null null zwei.",
    "1 Pers. 478 Euro; 2 Pers. 578 Euro": (
        "eine Person vierhundertachtundsiebzig Euro; zwei Personen fünfhundertachtundsiebzig Euro."
    ),
    "BG-Nummer 12345BG0001234": (
        "B G-Nummer eins zwei drei, vier fünf, B G, null null null, eins zwei, drei vier."
    ),
    "M-2026-7KQ4F": "M, zweitausendsechsundzwanzig, sieben K Q vier, F.",
    "M, 2026, 7 K Q 4 F": "M, zweitausendsechsundzwanzig, sieben K Q vier F.",
    "S-Bahn S2, Bus 12": "S Bahn S zwei, Bus zwölf.",
    "Sie haben 1 Monat Zeit.": "Sie haben einen Monat Zeit.",
    "nach 1 Monat, zu 1 Jahr, mit 1 Kind": "nach einem Monat, zu einem Jahr, mit einem Kind.",
    "1 Woche, für 1 Euro, 1 Prozent": "eine Woche, für einen Euro, ein Prozent.",
    "bis zum 63. Geburtstag, in der 3. Woche": "bis zum dreiundsechzigsten Geburtstag, in der dritten Woche.",
    "Sie sind unter 25. Dann gilt es.": "Sie sind unter fünfundzwanzig. Dann gilt es.",
    "3-5 Tage, 18-jährige, 3-Zimmer-Wohnung": "drei bis fünf Tage, achtzehnjährige, drei-Zimmer-Wohnung.",
    "1/2 oder ¾, 2x im Jahr": "ein halb oder drei Viertel, zweimal im Jahr.",
    "Vor- und Nachname (freiwillig), und/oder": "Vor und Nachname, freiwillig, und oder.",
    "Bitte **prüfen**:\n\n- Ausweis\n- Vertrag\n\nDanke": (
        "Bitte prüfen: Erstens: Ausweis. Zweitens: Vertrag. Danke."
    ),
    "[Antrag](https://x.example/y) & mehr 😀 …": "Antrag und mehr.",
    "<speak>Hallo</speak> [[dZ'Ops]] \x00": "Hallo, dZOps.",
    "": "",
    "😀 …": "",
}  # fmt: skip
