"""Knowledge over HTTP: search and articles."""
