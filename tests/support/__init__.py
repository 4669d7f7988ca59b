"""Makers of people and projects for tests: through the verbs themselves, so that every rule was kept."""
