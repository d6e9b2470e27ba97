"""Checklists: what to bring to the job centre, fitted to a few answers that nobody has to give."""
