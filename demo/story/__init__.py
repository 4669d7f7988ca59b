"""The main job, told on real parts: from an authorisation to a proof of deletion."""

from demo.story.chapters import tell

__all__ = ["tell"]
