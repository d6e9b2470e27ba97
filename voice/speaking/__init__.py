"""From a text to the voice the caller hears: words as people say them, portions, voices, cache."""
