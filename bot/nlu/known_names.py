"""Marks the words that are first or last names of people in Germany (names.txt), for the entity extractor.

A name in lower case, or after no "ich heiße", looks like any other word; a list of names tells it apart.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import DENSE_FEATURIZABLE_ATTRIBUTES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.plain_text import words

FILE = Path(__file__).with_name("names.txt")


@lru_cache(maxsize=1)
def names() -> dict[str, tuple[float, float]]:
    """Each word that is part of a first name, a last name, or both."""
    found: dict[str, tuple[float, float]] = {}
    section = 0
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            section = int("last" in line)
            continue
        for word in words(line):
            first, last = found.get(word, (0.0, 0.0))
            found[word] = (1.0, last) if section == 0 else (first, 1.0)
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class KnownNames(DenseFeaturizer, GraphComponent):
    """Two numbers a word: is it a known first name, is it a known last name."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config()}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KnownNames:
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is nothing to configure."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            for attribute in DENSE_FEATURIZABLE_ATTRIBUTES:
                tokens = message.get(f"{attribute}_tokens") if attribute == TEXT else None
                if tokens:
                    self._mark(message, [token.text for token in tokens])
        return messages

    def _mark(self, message: Message, tokens: list[str]) -> None:
        marks = np.array([_marks(token) for token in tokens], dtype=np.float32)
        for values, kind in ((marks, FEATURE_TYPE_SEQUENCE), (marks.max(0, keepdims=True), FEATURE_TYPE_SENTENCE)):
            message.add_features(Features(values, kind, TEXT, self._identifier))


def _marks(token: str) -> tuple[float, float]:
    parts = [names().get(word, (0.0, 0.0)) for word in words(token)]
    return (max(one for one, _ in parts), max(one for _, one in parts)) if parts else (0.0, 0.0)
