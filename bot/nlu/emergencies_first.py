"""Emergencies come before everything: fixed phrases overrule whatever intent the model saw.

A model is right most of the time; that is not enough for "ich will nicht mehr leben". The component also brings back an
emergency that the model saw but was not sure about.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.urgent_phrases import emergency_in

PREFIX = "crisis_"
# An emergency ranked first, but below the general threshold: the citizen is asked whether it is one.
UNSURE_BUT_KEPT = 0.25


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergenciesFirst(GraphComponent):
    """Sets the intent to an emergency where its phrases match; leaves every other message alone."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EmergenciesFirst:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith("/"):
                continue
            name = emergency_in(text)
            if name:
                _put_first(message, name, 1.0)
            else:
                _restore_unsure(message)
        return messages


def _put_first(message: Message, name: str, confidence: float) -> None:
    chosen = {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
    others = [other for other in message.get(INTENT_RANKING_KEY) or [] if other[INTENT_NAME_KEY] != name]
    message.set(INTENT, chosen, add_to_output=True)
    message.set(INTENT_RANKING_KEY, [chosen, *others], add_to_output=True)


def _restore_unsure(message: Message) -> None:
    ranking = message.get(INTENT_RANKING_KEY) or []
    if len(ranking) < 2 or ranking[0][INTENT_NAME_KEY] != "nlu_fallback":
        return
    best = ranking[1]
    if best[INTENT_NAME_KEY].startswith(PREFIX) and best[PREDICTED_CONFIDENCE_KEY] >= UNSURE_BUT_KEPT:
        _put_first(message, best[INTENT_NAME_KEY], best[PREDICTED_CONFIDENCE_KEY])
