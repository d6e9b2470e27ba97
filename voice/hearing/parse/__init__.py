"""Reads what was heard: numbers, telephone numbers, letters, names, e-mail addresses, times, yes and no, choices."""
