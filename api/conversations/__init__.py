"""Conversations of citizens: transcript, turns with the dialogue, live events."""
