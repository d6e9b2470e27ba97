"""What a tenant's callers may say: places, services and streets of the tenant, learnt from the hub once."""

import time

import structlog

from voice.call.call import Listening
from voice.call.hub import Hub, HubUnavailable
from voice.hearing.expectations import Unsure, settled, understand
from voice.hearing.grammars import grammar_for
from voice.hearing.heard import Expectation, Understood, Utterance
from voice.hearing.tenant_words import TenantWords

log = structlog.get_logger()

FRESH_SECONDS = 900.0  # editors may change sites and services at any time


class Listeners:
    """How calls are understood, per tenant. While the hub is away, the words of the last time count."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._words: dict[str, TenantWords] = {}
        self._learnt: dict[str, float] = {}

    async def learn(self, tenant: str) -> None:
        """Fetch the tenant's words where they are old."""
        if time.monotonic() - self._learnt.get(tenant, float("-inf")) < FRESH_SECONDS:
            return
        try:
            sites, services = await self._hub.words(tenant)
        except HubUnavailable as error:
            log.warning("words_of_tenant_unknown", tenant=tenant, problem=str(error))
            return
        self._words[tenant] = TenantWords.load(sites, services)
        self._learnt[tenant] = time.monotonic()

    def of(self, tenant: str) -> Listening:
        """How this tenant's calls are understood."""
        words = self._words.get(tenant, TenantWords())
        return Listening(
            grammar=lambda expectation, spelling: grammar_for(expectation, words, spelling=spelling),
            reader=TenantReader(words),
        )


class TenantReader:
    """Reads utterances with the words of one tenant."""

    def __init__(self, tenant: TenantWords) -> None:
        self._tenant = tenant

    def understand(self, expectation: Expectation, heard: Utterance) -> Understood:
        """What was meant."""
        return understand(expectation, heard.words, free_text=heard.free_text, tenant=self._tenant)

    def settled(self, before: Unsure, expectation: Expectation, heard: Utterance) -> Understood:
        """What was meant after a doubt was asked about."""
        return settled(before, expectation, heard.words, free_text=heard.free_text, tenant=self._tenant)
