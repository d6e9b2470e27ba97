"""Synthetic callers: they speak and listen on a line of their own, for the sample call, tests and measurements."""
