"""The labelled corpus of the engine: generated tables in several formats; no file of it comes from a person."""
