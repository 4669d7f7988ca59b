"""The static walk of a pickle: an unpickler whose every global is an inert stub (design: own, ~80 lines; no library does this).

`pickle.Unpickler` in Python runs only what `find_class` returns; here that is always `Stub`, whose call and state setting
record and do nothing. Attributes of real modules are never looked up, persistent ids give stubs, extension codes are refused.
"""

import io
import math
import pickle
from dataclasses import dataclass, field
from typing import Any

_MAX_STRINGS = 20_000
_MAX_ITEMS = 2_000_000
_MAX_VISITS = 300_000


@dataclass
class Walk:
    """What was found."""

    globals: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    arrays: list[tuple[str, tuple[int, ...], str]] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    leaf_counts: list[int] = field(default_factory=list)
    error: str = ""


class Stub:
    """Stands for any global, instance or call result; keeps its arguments and state as plain data."""

    def __init__(self, name: str = "", args: tuple[Any, ...] = ()) -> None:
        self.name = name
        self.args = args
        self.state: Any = None
        self.items: list[Any] = []

    def __call__(self, *args: Any, **_: Any) -> "Stub":
        return Stub(self.name, args)

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def append(self, item: Any) -> None:
        if len(self.items) < _MAX_ITEMS:
            self.items.append(item)

    def extend(self, items: Any) -> None:
        for item in items:
            self.append(item)

    add = append
    update = extend

    def __setitem__(self, key: Any, value: Any) -> None:
        self.append((key, value))

    def __hash__(self) -> int:
        return id(self)


_Base: Any = pickle._Unpickler  # the pure-Python one: its BUILD can be replaced


class _Unpickler(_Base):  # type: ignore[misc]
    def __init__(self, stream: io.BytesIO, found: Walk) -> None:
        super().__init__(stream, encoding="latin1", errors="replace")
        self.stream = stream
        self.found = found
        self.dispatch = dict(_Base.dispatch)
        self.dispatch[pickle.BUILD[0]] = _Unpickler._build
        self.dispatch[pickle.REDUCE[0]] = _Unpickler._reduce
        self.dispatch[pickle.NEWOBJ[0]] = _Unpickler._newobj
        self.dispatch[pickle.NEWOBJ_EX[0]] = _Unpickler._newobj_ex

    def find_class(self, module: str, name: str) -> Stub:
        self.found.globals.add(f"{module}.{name}")
        return Stub(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Stub:
        return Stub("persistent", (pid,))

    def get_extension(self, code: int) -> None:
        raise pickle.UnpicklingError(f"extension code {code}")

    def _instantiate(self, klass: Any, args: Any) -> None:
        self.append(Stub(getattr(klass, "name", "?"), tuple(args)))

    def _reduce(self) -> None:
        args = self.stack.pop()
        function = self.stack[-1]
        self.stack[-1] = Stub(getattr(function, "name", "?"), args if isinstance(args, tuple) else (args,))

    def _newobj(self) -> None:
        args = self.stack.pop()
        klass = self.stack.pop()
        self.append(Stub(getattr(klass, "name", "?"), args if isinstance(args, tuple) else ()))

    def _newobj_ex(self) -> None:
        self.stack.pop()
        self._newobj()

    def _build(self) -> None:
        state = self.stack.pop()
        instance = self.stack[-1]
        if isinstance(instance, Stub):
            instance.state = state
            if instance.name.endswith("NumpyArrayWrapper") and isinstance(state, dict):
                self._skip_array(state)

    def _skip_array(self, state: dict[str, Any]) -> None:
        """joblib: raw bytes of the array follow its wrapper; object arrays are a pickle of their own."""
        shape = tuple(int(size) for size in state.get("shape", ()) if isinstance(size, int))
        kind, width = dtype_of(state.get("dtype"))
        if state.get("numpy_array_alignment_bytes"):
            padding = self.stream.read(1)
            self.stream.read(padding[0] if padding else 0)
        if kind == "O":
            inner = _Unpickler(self.stream, self.found)
            state["content"] = inner.load()
        else:
            self.stream.seek(math.prod(shape) * width, 1)


def dtype_of(dtype: Any) -> tuple[str, int]:
    """Kind letter and item size of a stubbed numpy dtype; 8 bytes when it cannot be told."""
    text = dtype.args[0] if isinstance(dtype, Stub) and dtype.args and isinstance(dtype.args[0], str) else ""
    if (
        isinstance(dtype, Stub)
        and isinstance(dtype.state, tuple)
        and len(dtype.state) > 5
        and isinstance(dtype.state[5], int)
        and dtype.state[5] > 0
    ):
        return text[:1], dtype.state[5]
    digits = "".join(char for char in text if char.isdigit())
    return text[:1], int(digits) if digits else 8


def walk(data: bytes) -> Walk:
    """Walk every pickle in ``data``; an error is recorded, with what was found before it."""
    found = Walk()
    stream = io.BytesIO(data)
    try:
        while stream.tell() < len(data) and len(found.arrays) < 100_000:
            start = stream.tell()
            value = _Unpickler(stream, found).load()
            _visit(value, found)
            if stream.tell() <= start:
                break
    except RecursionError:
        found.error = "RecursionError"
    except MemoryError:
        raise
    except Exception as error:  # any damage or hostile opcode: recorded, the caller fails closed
        found.error = type(error).__name__
    return found


def _visit(root: Any, found: Walk) -> None:
    """Collect attribute paths, arrays and strings, breadth first, each object once."""
    queue: list[tuple[str, Any]] = [("", root)]
    seen: set[int] = set()
    visited = 0
    while queue and visited < _MAX_VISITS:
        path, value = queue.pop(0) if len(queue) < 1000 else queue.pop()
        visited += 1
        if isinstance(value, str):
            if len(found.strings) < _MAX_STRINGS and len(value) > 2:
                found.strings.append(value[:2000])
            continue
        if isinstance(value, int | float | bytes | bool | type(None)) or id(value) in seen:
            continue
        seen.add(id(value))
        queue.extend(_children(path, value, found))


def _children(path: str, value: Any, found: Walk) -> list[tuple[str, Any]]:
    if isinstance(value, Stub):
        array = _array(value)
        if array is not None:
            shape, dtype, rest = array
            found.arrays.append((path or "value", shape, dtype))
            return [(path, item) for item in rest]
        inner = [(path, item) for item in value.args] + [(path, value.state)] + [(path, item) for item in value.items]
        return [item for item in inner if item[1] is not None]
    if isinstance(value, dict):
        return _entries(path, value, found)
    if isinstance(value, list | tuple | set | frozenset):
        items = list(value)
        if len(items) >= 50 and all(isinstance(item, int | float) for item in items[:200]):
            found.arrays.append((path or "value", (len(items),), "list"))
            return []
        return [(path, item) for item in items[:5000]]
    return []


def _entries(path: str, value: dict[Any, Any], found: Walk) -> list[tuple[str, Any]]:
    result = []
    for key, item in list(value.items())[:20_000]:
        name = key if isinstance(key, str) else key.name if isinstance(key, Stub) else type(key).__name__
        found.names.add(name[:120])
        if name == "n_node_samples" and isinstance(item, list):
            found.leaf_counts.extend(int(count) for count in item[:10_000] if isinstance(count, int))
        result.append((f"{path}.{name}"[-200:] if path else name[:120], item))
    return result


def _array(value: Stub) -> tuple[tuple[int, ...], str, list[Any]] | None:
    """Shape and type of a numpy array in its pickled forms (reconstruct + state, frombuffer, joblib's wrapper)."""
    if value.name.endswith("NumpyArrayWrapper") and isinstance(value.state, dict):
        shape = value.state.get("shape", ())
        content = [value.state["content"]] if "content" in value.state else []
        return _sizes(shape), dtype_of(value.state.get("dtype"))[0], content
    state = value.state
    if (
        value.name.endswith("_reconstruct")
        and isinstance(state, tuple)
        and len(state) >= 5
        and isinstance(state[1], tuple)
    ):
        content = [state[4]] if isinstance(state[4], list) else []
        return _sizes(state[1]), dtype_of(state[2])[0], content
    if value.name.endswith("_frombuffer") and len(value.args) >= 3:
        shape = value.args[2]
        return (
            (_sizes(shape) if isinstance(shape, tuple) else (int(shape),)) if isinstance(shape, tuple | int) else (),
            dtype_of(value.args[1])[0],
            [],
        )
    return None


def _sizes(shape: Any) -> tuple[int, ...]:
    return tuple(int(size) for size in shape if isinstance(size, int)) if isinstance(shape, tuple | list) else ()
