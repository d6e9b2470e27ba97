"""Prompts that a person has spoken: a folder with one sound file for each prompt, named after it.

`greeting.wav` is played wherever the prompt `greeting` is said. Any rate, any WAV or FLAC; stereo becomes mono.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import structlog

from voice.speaking.sound import prepared

log = structlog.get_logger()

SUFFIXES = (".wav", ".flac")


def recordings(folder: Path | None) -> dict[str, bytes]:
    """PCM for the line by name of the prompt. What cannot be read is left out, with a line in the log."""
    if folder is None:
        return {}
    found = {}
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        log.warning("recordings_unreadable", folder=str(folder), reason=str(error))
        return {}
    for path in files:
        try:
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except (OSError, RuntimeError) as error:
            log.warning("recording_unreadable", file=path.name, reason=str(error))
            continue
        audio = prepared(np.clip(np.rint(samples.mean(1) * 32767), -32768, 32767).astype(np.int16), rate)
        if audio:
            found[path.stem] = audio
        else:
            log.warning("recording_silent", file=path.name)
    return found
