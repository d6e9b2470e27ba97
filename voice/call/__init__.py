"""One call: its pipeline, its manners, its talk with the hub."""
