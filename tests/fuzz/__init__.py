"""Mutation fuzzing of the engine's readers."""
