"""What a voice is, and what it means when one fails."""

from __future__ import annotations

from typing import Protocol


class VoiceFailed(Exception):
    """A voice could not speak. The message says why, in German, for the log."""


class Voice(Protocol):
    """Turns plain words into PCM for the line (signed 16 bit, 8 kHz).

    `name` tells two voices apart that sound differently: the cache goes by it. Any thread may call `say`.
    """

    name: str

    def say(self, text: str, *, pace: float = 1.0) -> bytes:
        """PCM of the text, at `pace` times the usual speed. Raises VoiceFailed."""
        ...
