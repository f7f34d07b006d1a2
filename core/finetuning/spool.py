"""A visitor's examples as plain files for a job, and back: arrays of bytes and JSON, never a pickle."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from core.data.labelled import Labelled, LabelledImages, LabelledTexts

_FIELDS = ("targets", "labels", "names", "concepts", "target_sets")
META, TEXTS, IMAGES = "meta.json", "texts.jsonl", "images.npz"


def spool(data: Labelled) -> dict[str, bytes]:
    """``data`` as files by name, for `core.jobs.submit`."""
    meta = {name: list(getattr(data, name)) for name in _FIELDS}
    files = {META: json.dumps({"kind": data.kind, **meta}).encode()}
    if isinstance(data, LabelledImages):
        files[IMAGES] = _pack(data.examples)
    else:
        files[TEXTS] = "".join(json.dumps(text) + "\n" for text in data.examples).encode()
    return files


def read(inputs: Path) -> Labelled:
    """What `spool` wrote."""
    meta = json.loads((inputs / META).read_text())
    fields: dict[str, Any] = {name: tuple(meta[name]) for name in _FIELDS[:-1]}
    fields["target_sets"] = tuple(map(tuple, meta[_FIELDS[-1]]))
    if meta["kind"] == "image":
        return LabelledImages(examples=_unpack(inputs / IMAGES), **fields)
    lines = (inputs / TEXTS).read_text(encoding="utf-8").split("\n")
    return LabelledTexts(examples=tuple(json.loads(line) for line in lines if line), **fields)


def _pack(encoded: tuple[bytes, ...]) -> bytes:
    file = io.BytesIO()
    ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
    np.savez(file, data=np.frombuffer(b"".join(encoded), dtype=np.uint8), ends=ends)
    return file.getvalue()


def _unpack(path: Path) -> tuple[bytes, ...]:
    with np.load(path, allow_pickle=False) as packed:
        data, ends = packed["data"].tobytes(), packed["ends"].tolist()
    return tuple(data[start:end] for start, end in zip([0, *ends], ends, strict=False))
