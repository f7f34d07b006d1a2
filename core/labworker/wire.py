"""Messages over a pipe: a JSON header, then the raw bytes of its arrays. Nothing is ever unpickled."""

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

_LENGTH = struct.Struct(">I")  # bytes of the header
Arrays = dict[str, np.ndarray]


def send(pipe: BinaryIO, message: Mapping[str, Any], arrays: Mapping[str, np.ndarray] | None = None) -> None:
    """Write one message and flush; raises OSError (or ValueError) where the other side is gone."""
    parts = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
    told = [[name, array.dtype.str, array.shape] for name, array in parts.items()]
    header = json.dumps({**message, "arrays": told}, default=list).encode()
    pipe.write(b"".join([_LENGTH.pack(len(header)), header, *(array.tobytes() for array in parts.values())]))
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], Arrays] | None:
    """The next message and its arrays, or None where the other side has closed the pipe or died in mid-message."""
    if (start := _read(pipe, _LENGTH.size)) is None or (header := _read(pipe, *_LENGTH.unpack(start))) is None:
        return None
    message = json.loads(header)
    arrays: Arrays = {}
    for name, kind, shape in message.pop("arrays"):
        dtype = np.dtype(kind)
        if (raw := _read(pipe, dtype.itemsize * int(np.prod(shape)))) is None:
            return None
        arrays[name] = np.frombuffer(raw, dtype).reshape(shape)
    return message, arrays


def _read(pipe: BinaryIO, count: int) -> bytes | None:
    data = pipe.read(count)  # a buffered reader: short only at the end of the stream
    return data if len(data) == count else None
