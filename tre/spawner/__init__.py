"""Notebooks: the hub of a project, the pods it may make, the gateway in front of them (design §5)."""
