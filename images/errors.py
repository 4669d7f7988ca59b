"""Errors of the image builder; each message says what to do."""

from __future__ import annotations


class ImagesError(Exception):
    """Something that the person who builds the images can act on."""

    code = "images.error"


class UnknownImage(ImagesError):
    code = "images.unknown"


class MissingTool(ImagesError):
    code = "images.missing_tool"


class MissingInput(ImagesError):
    code = "images.missing_input"


class RegistryUnavailable(ImagesError):
    code = "images.registry_unavailable"


class BuildFailed(ImagesError):
    code = "images.build_failed"


class NotBuilt(ImagesError):
    code = "images.not_built"
