"""The law itself: official files read into a local store that editors search, and two states of a law compared."""

from knowledge.law.store import LawStore, Passage, store_path

__all__ = ["LawStore", "Passage", "store_path"]
