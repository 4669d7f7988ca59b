"""Files through the editor: text and notebooks below a size, never bytes (design §5, acceptance check 17)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tre.spawner.gateway.outputs import OutputFilter


@dataclass(frozen=True)
class ContentLimits:
    """How much of one file may cross at once, in bytes."""

    text: int = 1 << 20
    notebook: int = 8 << 20
    save: int = 16 << 20


class ContentRefused(Exception):
    """What the person asked for is not for the screen; ``code`` is recorded, the text is shown."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check_read(query: Mapping[str, str]) -> dict[str, str]:
    """The query to send on: bytes are never asked for. Raises ContentRefused ``download``."""
    if query.get("format") == "base64":
        raise ContentRefused("download", "Files are not handed out as bytes. Ask for an export instead.")
    if query.get("type") not in {None, "directory", "notebook", "file"}:
        raise ContentRefused("content-type", "This kind of content is not available.")
    kept = {key: value for key, value in query.items() if key in {"type", "content", "hash"}}
    if query.get("type") == "file":
        kept["format"] = "text"  # the server then refuses what is not text
    elif query.get("format") in {"text", "json"}:
        kept["format"] = query["format"]
    return kept


def check_save(body: bytes, limits: ContentLimits) -> None:
    """An editor's save or a new file; raises ContentRefused ``upload`` for bytes, chunks and what is too large."""
    if len(body) > limits.save:
        raise ContentRefused("upload", "This file is too large to be saved from the editor.")
    if not body:
        return
    try:
        model = json.loads(body)
    except ValueError as cause:
        raise ContentRefused("malformed", "This is not a contents request.") from cause
    if not isinstance(model, dict) or model.get("format") == "base64" or "chunk" in model:
        raise ContentRefused("upload", "Files are not uploaded here. Data come in through a data steward.")
    if model.get("type") not in {None, "directory", "notebook", "file"}:
        raise ContentRefused("content-type", "This kind of content is not available.")


def filter_answer(body: bytes, limits: ContentLimits, outputs: OutputFilter) -> bytes:
    """What the browser gets of a contents answer; raises ContentRefused for bytes, too much, or no model."""
    try:
        model = json.loads(body)
    except ValueError as cause:
        raise ContentRefused("malformed", "The notebook server's answer was not understood.") from cause
    if not isinstance(model, dict) or ("type" not in model and "message" not in model):
        raise ContentRefused("malformed", "The notebook server's answer was not understood.")
    kind, content = model.get("type"), model.get("content")
    if model.get("format") == "base64" or kind not in {None, "directory", "notebook", "file"}:
        raise ContentRefused("download", "This file is not text. Ask for an export instead.")
    limit = limits.notebook if kind in {"notebook", "directory"} else limits.text
    if len(body) > limit:
        raise ContentRefused("too-large", f"This file is over the editor's size of {limit >> 10} KiB.")
    if kind == "notebook" and isinstance(content, dict):
        _filter_notebook(content, outputs)
        return json.dumps(model, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return body


def filter_kernelspecs(body: bytes) -> bytes:
    """Kernels without their files (a logo is any bytes) and without a debugger, whose messages do not cross."""
    try:
        model = json.loads(body)
        for spec in model["kernelspecs"].values():
            spec["resources"] = {}
            spec["spec"]["metadata"] = {"debugger": False}
    except (ValueError, KeyError, TypeError, AttributeError) as cause:
        raise ContentRefused("malformed", "The notebook server's answer was not understood.") from cause
    return json.dumps(model).encode()


def _filter_notebook(notebook: dict[str, Any], outputs: OutputFilter) -> None:
    """A saved notebook's outputs pass the same list as a running kernel's; attachments are bytes in disguise."""
    for cell in notebook.get("cells") or []:
        if not isinstance(cell, dict):
            continue
        cell.pop("attachments", None)
        for output in cell.get("outputs") or []:
            if isinstance(output, dict) and isinstance(output.get("data"), dict):
                output["data"] = outputs.bundle(output["data"])[0]
