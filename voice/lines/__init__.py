"""Doors through which calls come in, all behind the one interface of `line.py`."""
