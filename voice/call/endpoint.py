"""When has the caller finished? Pure: what was heard so far, and what was asked, decide how long to wait.

Measured: pipecat's Smart Turn 3.2 takes 50 to 125 ms a decision on two cores and calls nearly every synthetic
half-sentence complete while missing short answers of unseen voices ("Ja": 0.03 to 0.07), so words decide here.
"""

from collections.abc import Sequence

from voice.hearing.heard import Expectation

# Silence the voice activity detector needs to end an utterance; what follows is waited beyond it.
DETECTOR_SECONDS = 0.2
ANSWERED = 0.05  # a closed question was answered in full
FINISHED = 0.12  # free words that could end here
OPEN_END = 0.7  # "… und", "… um", "ich möchte": more is coming
DICTATED = 1.0  # digits, letters and messages are said in pieces
NOTHING = 0.3  # no word was recognised

# A sentence hardly ends on these.
# fmt: off
CONTINUES = frozenset({
    "ab", "aber", "als", "also", "am", "an", "auf", "aus", "bei", "beim", "bin", "bis", "dann", "das", "dass",
    "dem", "den", "denn", "der", "des", "die", "durch", "ehm", "ein", "eine", "einem", "einen", "einer",
    "eines", "er", "es", "für", "gegen", "hab", "habe", "hätte", "ich", "ihr", "ihre", "im", "in", "ins", "ist",
    "kann", "kein", "keine", "könnte", "mein", "meine", "meinem", "meinen", "meiner", "mit", "möchte", "nach",
    "noch", "nämlich", "ob", "oder", "ohne", "sehr", "sie", "sind", "um", "und", "unter", "vom", "von", "vor",
    "war", "was", "wegen", "weil", "welche", "wenn", "wer", "wie", "will", "wir", "wo", "wollte", "würde", "zu",
    "zum", "zur", "äh", "ähm", "über",
})
# fmt: on
PARTS = ("phone", "contact", "name", "code", "own_words")


def patience(expectation: Expectation, words: Sequence[str], *, complete: bool) -> float:
    """Seconds to wait after the detector reported silence.

    complete: the words answer a closed question in full (a whole number, yes or no, one of the choices).
    """
    if not words:
        return NOTHING
    if expectation.kind in PARTS:
        return ANSWERED if complete and expectation.kind == "code" else DICTATED
    if complete and expectation.kind != "free":
        return ANSWERED
    return OPEN_END if words[-1] in CONTINUES else FINISHED
