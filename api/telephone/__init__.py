"""Calls: where they are put through to, what is kept of them, and the way to the voice process."""
