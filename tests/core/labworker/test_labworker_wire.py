"""Messages survive the pipe whole, and a broken one reads as the end."""

import io
import json

import numpy as np
import pytest

from core.labworker import wire

ARRAYS = {
    "surface": np.arange(12, dtype=np.float32).reshape(3, 4),
    "labels": np.array([0, 1], np.uint8),
    "empty": np.zeros((0, 2), np.float64),
    "turned": np.arange(6).reshape(2, 3).T,
}


def test_message_and_arrays_come_back_as_they_went():
    pipe = io.BytesIO()
    wire.send(pipe, {"do": "step", "settings": {"hidden": (8, 4)}}, ARRAYS)
    wire.send(pipe, {"do": "pause"})
    pipe.seek(0)
    message, arrays = wire.receive(pipe)
    assert message == {"do": "step", "settings": {"hidden": [8, 4]}}
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    assert wire.receive(pipe) == ({"do": "pause"}, {})
    assert wire.receive(pipe) is None


@pytest.mark.parametrize("kept", [2, 10, -1])
def test_a_message_cut_short_is_the_end(kept):
    pipe = io.BytesIO()
    wire.send(pipe, {"do": "step"}, ARRAYS)
    assert wire.receive(io.BytesIO(pipe.getvalue()[:kept])) is None


def test_an_array_of_objects_is_refused():
    header = json.dumps({"arrays": [["x", "|O", [1]]]}).encode()
    with pytest.raises(ValueError):
        wire.receive(io.BytesIO(len(header).to_bytes(4, "big") + header + b"\0" * 8))
