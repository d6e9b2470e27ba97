"""Everything said to citizens in their language: catalogs of sentences, and which language somebody writes."""
