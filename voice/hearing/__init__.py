"""From the caller's voice to what was meant: recogniser process, its client in the pipeline, grammars, parsing."""
