"""The line sounds like a line: the codec is exact, noise has the level it should, phonemes lie where they are said."""

import numpy as np
import pytest

from voice.training import noise
from voice.training.espeak import Manner
from voice.training.features import COEFFICIENTS, HOP, WINDOW, mfcc
from voice.training.line import Line, a_law, add_noise, speech_level
from voice.training.utterance import DEVELOPMENT_VOICES, HELD_OUT_VOICES, TRAINING_VOICES, speak


def test_a_law_is_the_standards_own():
    # Corners of the segments as in ITU-T G.711, by way of 8 bits and back.
    samples = np.array([0, 15, 16, 255, 256, 511, 512, 1000, 32767, -1, -16, -17, -1000, -32768], np.int16)
    assert a_law(samples).tolist() == [8, 8, 24, 248, 264, 504, 528, 1008, 32256, -8, -8, -24, -1008, -32256]
    assert np.array_equal(a_law(a_law(samples)), a_law(samples))


@pytest.mark.parametrize("kind", noise.KINDS)
def test_noise_of_every_kind_is_finite_and_repeats_itself_from_a_seed(kind):
    make = noise.KINDS[kind][1]
    first = make(np.random.default_rng(5), 16000)
    assert len(first) == 16000
    assert np.isfinite(first).all()
    assert first.std() == pytest.approx(1, abs=0.01)
    assert np.array_equal(first, make(np.random.default_rng(5), 16000))


def test_noise_lies_as_far_below_speech_as_asked():
    rng = np.random.default_rng(1)
    speech = 3000 * np.sin(np.arange(16000) / 5)
    added = add_noise(speech, noise.coloured(rng, 16000), 15) - speech
    assert 20 * np.log10(speech_level(speech) / added.std()) == pytest.approx(15, abs=0.1)


def test_every_phoneme_has_its_place_and_its_neighbours():
    said = speak(["guten", "tag"], Manner())
    assert [word.word for word in said.words] == ["guten", "tag"]
    assert [segment.phone for segment in said.segments[:3]] == ["g", "u:", "t"]
    assert said.segments[0].left == "#"
    starts = [segment.start for segment in said.segments]
    assert starts == sorted(starts)
    later = said.padded(800, 0)
    assert later.segments[0].start == said.segments[0].start + 800
    paused = said.with_pause(1, 1600)
    assert paused.words[1].start == said.words[1].start + 1600
    assert paused.words[0].end <= said.words[0].end
    assert len(paused.sound) == len(said.sound) + 1600


def test_the_line_gives_16_bit_sound_and_features_of_it():
    rng = np.random.default_rng(2)
    said = speak(["hallo"], Manner())
    carried = Line().carry(rng, said.sound.astype(float), noise.coloured(rng, len(said.sound)), 20)
    assert carried.dtype == np.int16
    assert len(carried) == len(said.sound)
    frames = mfcc(carried)
    assert frames.shape == (1 + (len(carried) - WINDOW) // HOP, COEFFICIENTS)
    assert np.isfinite(frames).all()


def test_voices_of_tests_and_of_choices_are_never_trained():
    assert not set(TRAINING_VOICES) & {*HELD_OUT_VOICES, *DEVELOPMENT_VOICES}
    assert {"de+f5", "de+m7", "de+Andrea"} <= set(HELD_OUT_VOICES)
