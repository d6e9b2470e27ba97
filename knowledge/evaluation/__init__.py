"""How well questions find their article: labelled questions, measures, and the command that prints them."""
