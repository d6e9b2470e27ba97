"""A picture of kept calls: Lotse's voice as spectrograms on one sheet, for the eye that knows what it looks for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from voice.lines.line import SAMPLE_RATE
from voice.rehearsal.tape import KeptCall

MOST_ROWS = 40
WIDTH, ROW_HEIGHT = 18.0, 1.6  # inches
WINDOW = 256
QUIETEST_DB = -20.0  # of a sample's power; below is the noise of rounding


def draw(calls: Sequence[KeptCall], path: Path) -> bool:
    """One row a call, in the given order. False where matplotlib, a tool of development, is not installed."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - not in production
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        return False
    shown = calls[:MOST_ROWS]
    figure = Figure(figsize=(WIDTH, ROW_HEIGHT * max(1, len(shown))), layout="constrained")
    FigureCanvasAgg(figure)
    longest = max((len(call.lotse) for call in shown), default=1) / SAMPLE_RATE
    for axes, call in zip(figure.subplots(max(1, len(shown)), squeeze=False)[:, 0], shown, strict=False):
        if len(call.lotse) > WINDOW:
            with np.errstate(divide="ignore"):  # digital silence
                axes.specgram(
                    call.lotse.astype(float), NFFT=WINDOW, Fs=SAMPLE_RATE, noverlap=WINDOW // 2,
                    vmin=QUIETEST_DB, cmap="magma",
                )  # fmt: skip
        axes.set_xlim(0, longest)
        axes.set_ylim(0, SAMPLE_RATE / 2)
        axes.set_yticks([300, 3400])
        axes.set_title(call.id, fontsize=8, loc="left", pad=2)
        axes.tick_params(labelsize=6)
    figure.savefig(path, dpi=80)
    return True
