"""Frames: what is a message comes out as it went in; what is not is Malformed and nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tre.spawner.gateway.wire import CHANNELS, Malformed, Message, decode, encode

JSON = st.dictionaries(st.text(max_size=8), st.one_of(st.text(max_size=20), st.integers(-9, 9), st.none()), max_size=4)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    header = draw(JSON) | {"msg_id": "1", "msg_type": "execute_request"}
    parts = [json.dumps(part).encode() for part in (header, draw(JSON), draw(JSON), draw(JSON))]
    return Message(draw(st.sampled_from(sorted(CHANNELS))), parts, draw(st.lists(st.binary(max_size=20), max_size=3)))


@given(messages(), st.booleans())
def test_a_message_survives_the_wire(message: Message, v1: bool) -> None:
    again = decode(encode(message, v1), v1)
    assert again.channel == message.channel
    assert [again.part(i) for i in range(4)] == [message.part(i) for i in range(4)]
    assert again.buffers == message.buffers


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)), st.booleans())
def test_noise_is_malformed_or_a_message_and_nothing_else(frame: bytes | str, v1: bool) -> None:
    try:
        message = decode(frame, v1)
        _ = message.type, message.parent_id, message.content
    except Malformed:
        pass


@given(messages(), st.data(), st.booleans())
def test_damaged_frames_raise_nothing_unexpected(message: Message, data: st.DataObject, v1: bool) -> None:
    frame = encode(message, v1)
    if isinstance(frame, str):
        frame = frame.encode()
    position = data.draw(st.integers(0, len(frame) - 1))
    damaged = frame[:position] + bytes([frame[position] ^ data.draw(st.integers(1, 255))]) + frame[position + 1 :]
    for piece in (damaged, frame[:position]):
        try:
            decoded = decode(piece, v1)
            _ = decoded.type, decoded.id, decoded.content
        except Malformed:
            continue


@pytest.mark.parametrize(
    "frame", ["", "[]", "null", '{"channel": "shell"', '{"channel": "files"}', "x" * 10, '{"channel":1}']
)
def test_text_that_is_no_message(frame: str) -> None:
    with pytest.raises(Malformed):
        decode(frame, False).type  # noqa: B018


def test_a_text_frame_is_not_of_the_binary_protocol() -> None:
    with pytest.raises(Malformed):
        decode("{}", True)


def test_repeated_keys_are_read_once_and_sent_once() -> None:
    """Two parsers must not see two messages in one: what is recorded is what runs."""
    parts = [b'{"msg_id":"1","msg_type":"complete_request","msg_type":"execute_request"}', b"{}", b"{}"]
    message = Message("shell", [*parts, b'{"code":"1","code":"2"}'])
    assert message.type == "execute_request"
    message.normalise()
    assert message.parts[3] == b'{"code": "2"}'
    assert message.parts[0].count(b"msg_type") == 1


@pytest.mark.parametrize("v1", [True, False])
def test_bytes_before_between_or_after_the_parts_are_refused(v1: bool) -> None:
    """What no part covers would cross unseen."""
    parts = [b'{"msg_id":"1","msg_type":"x"}', b"{}", b"{}", b"{}"]
    frame = encode(Message("shell", parts, [b"buffer"]), v1)
    assert isinstance(frame, bytes)
    width, order = (8, "little") if v1 else (4, "big")
    shifted = bytearray(frame)
    shifted[width : 2 * width] = (int.from_bytes(frame[width : 2 * width], order) + 1).to_bytes(width, order)  # type: ignore[arg-type]
    with pytest.raises(Malformed):
        decode(bytes(shifted), v1)
    if v1:  # a legacy frame's last buffer runs to its end
        with pytest.raises(Malformed):
            decode(frame + b"hidden", v1)
