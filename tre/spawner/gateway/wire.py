"""The two wire formats of kernel messages over a websocket. Whatever is not exactly one of them is an error.

``v1.kernel.websocket.jupyter.org``: binary frames, little-endian 64-bit offsets, then channel and four JSON parts.
Legacy (no subprotocol): text frames of JSON, or binary frames of big-endian 32-bit offsets, JSON and buffers.
"""

import json
import struct
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

PROTOCOL_V1 = "v1.kernel.websocket.jupyter.org"
CHANNELS = frozenset({"shell", "control", "iopub", "stdin"})
_MAX_PARTS = 64
_HEADER = ("msg_id", "msg_type", "session", "username", "date", "version", "subshell_id")


class Malformed(Exception):
    """Not a message of the protocol: the socket is closed."""


@dataclass
class Message:
    """One kernel message. ``parts`` are the four JSON parts as they came; a part is parsed when somebody asks."""

    channel: str
    parts: list[bytes]
    buffers: list[bytes] = field(default_factory=list)
    _parsed: dict[int, dict[str, Any]] = field(default_factory=dict)

    def part(self, number: int) -> dict[str, Any]:
        """Part 0 header, 1 parent header, 2 metadata, 3 content; raises Malformed when it is no object."""
        if number not in self._parsed:
            try:
                value = json.loads(self.parts[number])
            except (ValueError, RecursionError) as cause:
                raise Malformed("a part is not JSON") from cause
            if not isinstance(value, dict):
                raise Malformed("a part is not an object")
            self._parsed[number] = value
        return self._parsed[number]

    @property
    def type(self) -> str:
        """``header.msg_type``; raises Malformed when there is none."""
        return self._text(0, "msg_type")

    @property
    def id(self) -> str:
        """``header.msg_id``."""
        return self._text(0, "msg_id")

    @property
    def parent_id(self) -> str:
        """``parent_header.msg_id``, empty when there is none."""
        value = self.part(1).get("msg_id", "")
        return value if isinstance(value, str) else ""

    @property
    def content(self) -> dict[str, Any]:
        """The content, parsed."""
        return self.part(3)

    def normalise(self) -> None:
        """Serialise what was parsed: two parsers must not read two messages in one (repeated keys)."""
        self.parts = [json.dumps(self.part(number)).encode() for number in range(4)]

    def reduce(self) -> None:
        """Keep of headers what the protocol names, and no metadata: they are no place for a kernel's data."""
        for number in (0, 1):
            header = self.part(number)
            kept = {key: header[key] for key in _HEADER if isinstance(header.get(key), str) and len(header[key]) <= 200}
            self._parsed[number], self.parts[number] = kept, json.dumps(kept).encode()
        self._parsed[2], self.parts[2] = {}, b"{}"

    def replace_content(self, content: dict[str, Any]) -> None:
        """Put other content in its place."""
        self.parts[3] = json.dumps(content, ensure_ascii=True).encode()
        self._parsed[3] = content

    @property
    def size(self) -> int:
        """Bytes of content and buffers."""
        return len(self.parts[3]) + sum(map(len, self.buffers))

    def _text(self, number: int, key: str) -> str:
        value = self.part(number).get(key)
        if not isinstance(value, str) or not 0 < len(value) <= 200:
            raise Malformed(f"the header has no {key}")
        return value


def decode(frame: bytes | str, v1: bool) -> Message:
    """The message of a frame; raises Malformed."""
    if v1:
        if isinstance(frame, str):
            raise Malformed("a text frame in the binary protocol")
        return _decode_v1(frame)
    return _decode_text(frame, []) if isinstance(frame, str) else _decode_legacy(frame)


def encode(message: Message, v1: bool) -> bytes | str:
    """The frame of a message, in the format of its socket."""
    if v1:
        return _encode_v1(message)
    names = ("header", "parent_header", "metadata", "content")
    body = {name: message.part(i) for i, name in enumerate(names)} | {"channel": message.channel}
    if not message.buffers:
        return json.dumps({**body, "buffers": []})
    parts = [json.dumps(body).encode(), *message.buffers]
    offsets = [4 * (len(parts) + 1)]
    for part in parts[:-1]:
        offsets.append(offsets[-1] + len(part))
    return b"".join([struct.pack(f"!{len(parts) + 1}I", len(parts), *offsets), *parts])


def _checked(channel: object, parts: list[bytes], buffers: list[bytes]) -> Message:
    if channel not in CHANNELS or not isinstance(channel, str):
        raise Malformed("no such channel")
    return Message(channel, parts, buffers)


def _decode_v1(frame: bytes) -> Message:
    if len(frame) < 8:
        raise Malformed("a frame without offsets")
    count = int.from_bytes(frame[:8], "little")
    if not 6 <= count <= _MAX_PARTS or len(frame) < 8 * (count + 1):
        raise Malformed("a wrong number of offsets")
    offsets = struct.unpack_from(f"<{count}Q", frame, 8)
    if offsets[0] != 8 * (count + 1) or offsets[-1] != len(frame):
        raise Malformed("offsets that do not fit the frame")
    if any(a > b for a, b in pairwise(offsets)):
        raise Malformed("offsets out of order")
    pieces = [frame[a:b] for a, b in pairwise(offsets)]
    try:
        channel = pieces[0].decode("ascii")
    except UnicodeDecodeError as cause:
        raise Malformed("no such channel") from cause
    return _checked(channel, pieces[1:5], pieces[5:])


def _encode_v1(message: Message) -> bytes:
    pieces = [message.channel.encode(), *message.parts, *message.buffers]
    offsets = [8 * (len(pieces) + 2)]
    for piece in pieces:
        offsets.append(offsets[-1] + len(piece))
    return b"".join([struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets), *pieces])


def _decode_text(frame: str, buffers: list[bytes]) -> Message:
    try:
        body = json.loads(frame)
    except (ValueError, RecursionError) as cause:
        raise Malformed("not JSON") from cause
    if not isinstance(body, dict):
        raise Malformed("not an object")
    if not buffers and body.get("buffers"):
        raise Malformed("buffers in a text frame")
    names = ("header", "parent_header", "metadata", "content")
    values: list[Any] = [{} if body.get(name) is None else body[name] for name in names]
    if not all(isinstance(value, dict) for value in values):
        raise Malformed("a part is not an object")
    message = _checked(body.get("channel"), [json.dumps(value).encode() for value in values], buffers)
    message._parsed = dict(enumerate(values))
    return message


def _decode_legacy(frame: bytes) -> Message:
    if len(frame) < 8:
        raise Malformed("a frame without offsets")
    (count,) = struct.unpack_from("!I", frame)
    if not 1 <= count <= _MAX_PARTS or len(frame) < 4 * (count + 1):
        raise Malformed("a wrong number of offsets")
    offsets = [*struct.unpack_from(f"!{count}I", frame, 4), len(frame)]
    if offsets[0] != 4 * (count + 1) or any(a > b for a, b in pairwise(offsets)):
        raise Malformed("offsets out of order")
    pieces = [frame[a:b] for a, b in pairwise(offsets)]
    try:
        text = pieces[0].decode("utf-8")
    except UnicodeDecodeError as cause:
        raise Malformed("not UTF-8") from cause
    return _decode_text(text, pieces[1:])
