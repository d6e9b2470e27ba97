"""Where a call goes next: read by an exchange after it took its call back from us."""

import time
from collections.abc import Callable
from xml.sax.saxutils import escape

KEPT_SECONDS = 600.0


class Results:
    """Targets by the name an exchange has for its call; forgotten after ten minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._targets: dict[str, tuple[float, str]] = {}

    def put(self, call: str, target: str) -> None:
        """Remember the target."""
        now = self._clock()
        self._targets = {name: kept for name, kept in self._targets.items() if kept[0] > now}
        self._targets[call] = (now + KEPT_SECONDS, target)

    def of(self, call: str) -> str | None:
        """The extension to dial, or None: the conversation is over."""
        until, target = self._targets.get(call, (0.0, ""))
        return target if until > self._clock() else None


def twiml(target: str | None) -> str:
    """What Twilio is told to do: the answer to the `action` of `<Connect>`, or the body of a REST update."""
    if target is None:
        return "<Response><Hangup/></Response>"
    noun = f"<Sip>{escape(target)}</Sip>" if target.startswith("sip") else f"<Number>{escape(target)}</Number>"
    return f"<Response><Dial>{noun}</Dial></Response>"


def jambonz_verbs(target: str | None) -> list[dict[str, object]]:
    """What jambonz is told to do: the answer to the `actionHook` of `listen`."""
    if target is None:
        return [{"verb": "hangup"}]
    return [{"verb": "sip:refer", "referTo": target}]
