"""A call led without sound and without a clock."""

import pytest
from talk import PlainReader, sentences, turn

from voice.call.hub import Said
from voice.call.manners import Manners


@pytest.fixture
def manners() -> Manners:
    """A call whose greeting was heard."""
    made = Manners(reader=PlainReader(), split=sentences)
    made.hub_answered(turn(Said("Guten Tag. Wie kann ich helfen?")), greeting=True)
    made.piece_heard(2)
    return made
