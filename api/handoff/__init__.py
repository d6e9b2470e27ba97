"""Handing a conversation to a caseworker and back: queue, claim, live chat."""
