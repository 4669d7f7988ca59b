"""Kernel messages that may cross, in each direction: allow-lists, and what is recorded of them."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from tre.spawner.gateway.outputs import WITHHELD, OutputFilter
from tre.spawner.gateway.wire import Malformed, Message

_KERNEL = ("execute", "inspect", "complete", "is_complete", "history", "kernel_info", "comm_info")
_CONTROL = ("interrupt", "shutdown", "kernel_info", "create_subshell", "delete_subshell", "list_subshell")
_BROADCASTS = (
    "status", "execute_input", "stream", "display_data", "update_display_data", "execute_result", "error",
    "clear_output", "shutdown_reply",
)  # fmt: skip
# browser -> kernel, by channel. No `comm_*` (widgets are a channel of their own) and no `debug_request`.
_REQUESTS: dict[str, frozenset[str]] = {
    "shell": frozenset(f"{name}_request" for name in _KERNEL),
    "control": frozenset(f"{name}_request" for name in _CONTROL),
    "stdin": frozenset({"input_reply"}),
}
# kernel -> browser
_ANSWERS: dict[str, frozenset[str]] = {
    "shell": frozenset(f"{name}_reply" for name in _KERNEL),
    "control": frozenset(f"{name}_reply" for name in _CONTROL),
    "stdin": frozenset({"input_request"}),
    "iopub": frozenset(_BROADCASTS),
}
_DISPLAYS = frozenset({"display_data", "update_display_data", "execute_result", "inspect_reply"})
# A cell is text that a person typed or pasted.
MAX_CODE = 12 << 20


@dataclass(frozen=True)
class Record:
    """What the journal keeps of one message; ``code`` is text that will run."""

    action: str
    detail: dict[str, str | int | float | bool | None] = field(default_factory=dict)
    code: str | None = None
    outcome: str = "success"


@dataclass(frozen=True)
class Verdict:
    """Whether the message goes on, and what is recorded before it does."""

    forward: bool
    record: Record | None = None


def judge_request(message: Message) -> Verdict:
    """A message of the browser; the forwarded one is serialised anew, so that what was recorded is what runs.

    Raises Malformed for what is no message, or code that is no text.
    """
    kind = message.type
    if kind not in _REQUESTS.get(message.channel, frozenset()) or message.buffers:
        detail: dict[str, Any] = {"type": kind[:60], "channel": message.channel}
        return Verdict(False, Record("gateway.message", detail, outcome="refused"))
    message.normalise()
    if kind == "execute_request":
        return Verdict(True, _execute(message))
    if kind == "input_reply":
        value = _text(message.content.get("value", ""))
        return Verdict(True, Record("gateway.input", {"bytes": len(value)}, code=value))
    return Verdict(True)


def _execute(message: Message) -> Record:
    content = message.content
    code = _text(content.get("code", ""))
    expressions = content.get("user_expressions") or {}
    if not isinstance(expressions, dict) or not all(isinstance(v, str) for v in expressions.values()):
        raise Malformed("user_expressions that are no text")
    text = "\n".join([code, *(f"# user_expression {k}: {v}" for k, v in expressions.items())]) if expressions else code
    detail: dict[str, Any] = {
        "msg": message.id[:80],
        "bytes": len(text.encode("utf-8", "surrogatepass")),
        "silent": bool(content.get("silent", False)),
        "store_history": bool(content.get("store_history", True)),
    }
    return Record("gateway.execute", detail, code=text)


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_CODE:
        raise Malformed("code that is no text, or too much of it")
    return value


def judge_answer(message: Message, outputs: OutputFilter) -> Verdict:
    """A message of the kernel, cut down to what may be shown; raises Malformed for what is no message."""
    kind = message.type
    if kind not in _ANSWERS.get(message.channel, frozenset()):
        return Verdict(
            False, Record("gateway.output", {"type": kind[:60], "channel": message.channel}, outcome="refused")
        )
    message.buffers = []
    message.reduce()
    if message.size > outputs.message:
        return _too_large(message, kind)
    dropped: list[str] = []
    if kind in _DISPLAYS:
        dropped = _filter_bundle(message, outputs)
    elif kind == "execute_reply":
        dropped = _filter_reply(message, outputs)
    if not dropped:
        return Verdict(True)
    detail: dict[str, Any] = {"type": kind, "dropped": ", ".join(sorted(set(dropped)))[:200]}
    return Verdict(True, Record("gateway.output", detail, outcome="refused"))


def _filter_bundle(message: Message, outputs: OutputFilter) -> list[str]:
    content = dict(message.content)
    data = content.get("data")
    if not isinstance(data, dict):
        return []
    if not data and message.type == "inspect_reply":
        return []
    content["data"], dropped = outputs.bundle(data)
    content["metadata"] = _metadata(content.get("metadata"), content["data"])
    message.replace_content(content)
    # An HTML table comes with its plain text: losing what has another form in the bundle is not worth an alert.
    return dropped if set(content["data"]) <= {"text/plain"} and set(data) - {"text/plain"} else []


def _metadata(value: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Sizes of images and the like: numbers and booleans of types that are shown."""
    if not isinstance(value, dict):
        return {}
    kept = {}
    for mime, inner in value.items():
        if mime in data and isinstance(inner, dict):
            kept[mime] = {k: v for k, v in inner.items() if isinstance(v, int | float | bool)}
    return kept


def _filter_reply(message: Message, outputs: OutputFilter) -> list[str]:
    """Pager payloads and user expressions carry bundles as well."""
    content = message.content
    if not content.get("payload") and not content.get("user_expressions"):
        return []
    content, dropped = dict(content), []
    payload = []
    for item in content.get("payload") or []:
        if isinstance(item, dict) and item.get("source") == "page" and isinstance(item.get("data"), dict):
            data, lost = outputs.bundle(item["data"])
            payload.append({**item, "data": data})
            dropped += lost
        elif isinstance(item, dict) and item.get("source") in {"set_next_input", "ask_exit"}:
            payload.append(item)
    content["payload"] = payload
    expressions = {}
    for name, value in (content.get("user_expressions") or {}).items():
        if isinstance(value, dict) and isinstance(value.get("data"), dict):
            data, lost = outputs.bundle(value["data"])
            expressions[name] = {**value, "data": data}
            dropped += lost
        else:
            expressions[name] = value
    content["user_expressions"] = expressions
    message.replace_content(content)
    return dropped


def _too_large(message: Message, kind: str) -> Verdict:
    """The person is told in the place of the output; replies keep their shape, so that the notebook does not hang."""
    detail: dict[str, Any] = {"type": kind, "bytes": message.size, "dropped": "too-large"}
    text = WITHHELD.format("trop volumineux", "too large")
    if kind == "stream":
        message.replace_content({"name": message.content.get("name", "stdout"), "text": text + "\n"})
    elif kind in _DISPLAYS:
        message.replace_content({**message.content, "data": {"text/plain": text}, "metadata": {}, "transient": {}})
    elif kind == "error":
        message.replace_content({"ename": "Output", "evalue": text, "traceback": [text]})
    else:
        return Verdict(False, Record("gateway.output", detail, outcome="refused"))
    return Verdict(True, Record("gateway.output", detail, outcome="refused"))


def code_hash(code: str) -> str:
    """SHA-256 of a cell, in hexadecimal."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()
