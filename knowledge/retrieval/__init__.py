"""Finding the article that answers a question: words, meaning, and how sure that is."""
