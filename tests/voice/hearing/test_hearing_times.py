"""What callers say about days and times is written so that the dialogue's own reader understands it.

The reader runs in the dialogue's environment; "today" is Monday, 23 November 2026, nine o'clock.
"""

import json
import subprocess
from functools import cache
from pathlib import Path

import pytest

from voice.hearing.expectations import as_words, understand
from voice.hearing.heard import Expectation, Option
from voice.hearing.parse.times import written_time

ROOT = Path(__file__).parents[3]
DIALOGUE = ROOT / ".venv-rasa" / "bin" / "python"
READER = """
import json, sys
from datetime import datetime
from bot.actions.german_time import time_range
now = datetime(2026, 11, 23, 9)
for text in json.load(sys.stdin):
    found = time_range(text, now, bare_hour=True)
    print(json.dumps({name: str(value) for name, value in vars(found).items() if value} if found else {}))
"""

# said, as it is written for the dialogue, and what the dialogue reads: day or first..last, and time or from-to
CASES = [
    ("halb elf", "10:30 Uhr", None, "10:30:00"),
    ("viertel vor vier", "15:45 Uhr", None, "15:45:00"),
    ("viertel zehn", "09:15 Uhr", None, "09:15:00"),
    ("dreiviertel neun", "08:45 Uhr", None, "08:45:00"),
    ("drei viertel neun", "08:45 Uhr", None, "08:45:00"),
    ("zehn vor halb zehn", "09:20 Uhr", None, "09:20:00"),
    ("fünf nach dreiviertel elf", "10:50 Uhr", None, "10:50:00"),
    ("acht minuten nach zehn", "10:08 Uhr", None, "10:08:00"),
    ("acht nach zehn", "10:08 Uhr", None, "10:08:00"),
    ("um fünfzehn uhr fünfundvierzig", "um 15:45 Uhr", None, "15:45:00"),
    ("elf uhr null fünf", "11:05 Uhr", None, "11:05:00"),
    ("neun uhr und zwanzig minuten", "09:20 Uhr", None, "09:20:00"),
    ("elf dreißig", "11:30 Uhr", None, "11:30:00"),
    ("um halb eins", "um 12:30 Uhr", None, "12:30:00"),
    ("ein uhr", "13 Uhr", None, "13:00:00"),
    ("drei", "3", None, "15:00:00"),
    ("sechs uhr morgens", "06 Uhr morgens", None, "06:00:00"),
    ("kurz vor elf", "gegen 11 Uhr", None, "10:30:00-11:31:00"),
    ("zwischen acht und zehn", "zwischen 8 und 10", None, "08:00:00-10:00:00"),
    ("von zwei bis vier uhr", "von 2 bis 16 Uhr", None, "14:00:00-16:00:00"),
    ("nach vierzehn uhr", "nach 14 Uhr", None, "14:00:00-None"),
    ("nachmittags ab drei", "nachmittags ab 3", None, "15:00:00-18:00:00"),
    ("am siebten", "am 7.", "2026-12-07", None),
    ("siebter", "am 7.", "2026-12-07", None),
    ("am ein und zwanzigsten dezember", "am 21. Dezember", "2026-12-21", None),
    ("den vierten zwölften", "den 4.12.", "2026-12-04", None),
    ("zehn dezember", "10. Dezember", "2026-12-10", None),
    ("fünfter januar zweitausend siebenundzwanzig", "5. Januar 2027", "2027-01-05", None),
    ("am achten ersten zwanzig siebenundzwanzig", "am 8.1.2027", "2027-01-08", None),
    ("nächsten dienstag", "nächsten Dienstag", "2026-11-24", None),
    ("freitag in einer woche", "Freitag in einer woche", "2026-12-04", None),
    ("übermorgen", "übermorgen", "2026-11-25", None),
    ("in zehn tagen", "in 10 tagen", "2026-12-03", None),
    ("heute in acht tagen", "heute in 8 tagen", "2026-11-30", None),
    ("donnerstag um halb drei", "Donnerstag um 14:30 Uhr", "2026-11-26", "14:30:00"),
    ("am dritten dezember um viertel nach acht", "am 3. Dezember um 08:15 Uhr", "2026-12-03", "08:15:00"),
    ("mittwoch den zweiten zwölften zehn uhr dreißig", "Mittwoch den 2.12. 10:30 Uhr", "2026-12-02", "10:30:00"),
    ("nein lieber freitag vormittag", "nein lieber Freitag vormittag", "2026-11-27", "06:00:00-12:00:00"),
]  # fmt: skip


@cache
def _read() -> list[dict[str, str]]:
    texts = json.dumps([text for _, text, _, _ in CASES])
    done = subprocess.run(
        [DIALOGUE, "-c", READER], input=texts, capture_output=True, text=True, cwd=ROOT, check=True, timeout=300
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(("said", "text"), [case[:2] for case in CASES])
def test_a_day_or_time_is_written_in_figures(said: str, text: str) -> None:
    assert written_time(said.split()) == text
    if not said.startswith("nein"):
        assert understand(Expectation("date_time"), as_words(said.split())).text == text


@pytest.mark.skipif(not DIALOGUE.exists(), reason="the dialogue's environment (.venv-rasa) is not installed")
@pytest.mark.parametrize("number", range(len(CASES)), ids=[case[0] for case in CASES])
def test_the_dialogue_reads_what_the_telephone_wrote(number: int) -> None:
    _, _, day, clock = CASES[number]
    read = _read()[number]
    days = read.get("first_day")
    assert days == day
    assert day is None or read["last_day"] == day
    if clock is None or "-" not in clock:
        assert read.get("exact") == clock
    else:
        assert f"{read.get('from_time')}-{read.get('to_time')}" == clock


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("die ersten drei wochen", "die ersten 3 wochen"),
        ("wir sind zu zweit", "wir sind zu zweit"),
        ("fünf nach zehn tagen", "5 nach 10 tagen"),
        ("ist mir egal", "ist mir egal"),
    ],
)
def test_what_is_no_time_is_not_made_one(said: str, text: str) -> None:
    assert written_time(said.split()) == text


def test_a_bare_ordinal_chooses_among_the_times_that_were_read_out() -> None:
    options = tuple(Option(f"{hour} Uhr", f"/inform{{{hour}}}") for hour in (9, 10, 11))
    expectation = Expectation("date_time", options)
    assert understand(expectation, as_words(["erste"])).payload == "/inform{9}"
    assert understand(expectation, as_words(["die", "zweite"])).payload == "/inform{10}"
    assert understand(expectation, as_words(["der", "zweite"])).payload is None
    assert understand(expectation, as_words(["zehn"])).payload is None
