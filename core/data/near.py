"""Examples that are nearly the same: the same photo saved twice, the same mail with another name in it."""

import zlib
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image

from core.data.labelled import Labelled, LabelledImages, decode

ALIKE = 0.8  # share of word triples that two texts have in common (Jaccard)
_HASHES, _BANDS = 32, 8  # MinHash (Broder 1997): texts that agree in one band of four are compared
_SIDE = 16  # pixels of the thumbnail that pictures are compared by
NEAR = 0.1  # root of the mean square difference of thumbnails in units of their spread, below which they are alike
_FLAT = 5.0  # spread of pixels (0-255) that a picture is taken to have at least, or noise would be all it has
_BLOCK = 512


def near_groups(data: Labelled) -> tuple[int, ...]:
    """For each example the row of the first one that it is nearly the same as, its own row where there is none.

    Being alike is handed on: where a is like b and b like c, all three are one group.
    """
    if not len(data):
        return ()
    return _groups_of_pictures(data.examples) if isinstance(data, LabelledImages) else _groups_of_texts(data.examples)


@lru_cache(maxsize=8)
def _groups_of_pictures(examples: tuple[bytes, ...]) -> tuple[int, ...]:
    thumbs = np.stack([_thumbnail(example) for example in examples])
    squares = (thumbs**2).sum(1)

    def pairs() -> Iterator[tuple[int, int]]:
        for start in range(0, len(thumbs), _BLOCK):
            block = thumbs[start : start + _BLOCK]
            apart = squares[start : start + _BLOCK, None] + squares[None] - 2 * block @ thumbs.T
            for a, b in np.argwhere(apart < NEAR**2 * thumbs.shape[1]):
                yield start + int(a), int(b)

    return _united(len(thumbs), pairs())


def _thumbnail(example: bytes) -> np.ndarray:
    """``(3 · side²,)``: the picture in few pixels of mean 0 and spread 1, so that exposure does not matter."""
    small = decode(example).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    pixels = np.asarray(small, dtype=np.float32).ravel()
    return (pixels - pixels.mean()) / max(float(pixels.std()), _FLAT)


@lru_cache(maxsize=8)
def _groups_of_texts(examples: tuple[str, ...]) -> tuple[int, ...]:
    shingles = [_shingles(text) for text in examples]
    signatures = _signatures(shingles)

    def pairs() -> Iterator[tuple[int, int]]:
        width = _HASHES // _BANDS
        for band in range(_BANDS):
            first: dict[bytes, int] = {}
            for row, part in enumerate(signatures[:, band * width : (band + 1) * width]):
                other = first.setdefault(part.tobytes(), row)
                if other != row and _alike(shingles[other], shingles[row]):
                    yield other, row

    return _united(len(examples), pairs())


def _shingles(text: str) -> frozenset[int]:
    """Hashes of the text's word triples; of all its words where it has fewer."""
    words = "".join(c if c.isalnum() else " " for c in text.casefold()).split() or [text]
    triples = [words[at : at + 3] for at in range(max(len(words) - 2, 1))]
    return frozenset(zlib.crc32(" ".join(triple).encode("utf-8", "replace")) for triple in triples)


def _signatures(shingles: list[frozenset[int]]) -> np.ndarray:
    """``(N, hashes)``: for each text the least value of each of some random functions over its shingles."""
    rng = np.random.default_rng(0)
    prime = np.uint64((1 << 61) - 1)
    factors = rng.integers(1, 1 << 29, _HASHES, dtype=np.uint64)
    shifts = rng.integers(0, 1 << 60, _HASHES, dtype=np.uint64)
    signatures = np.empty((len(shingles), _HASHES), dtype=np.uint64)
    for row, own in enumerate(shingles):
        values = np.fromiter(own, dtype=np.uint64, count=len(own))
        signatures[row] = ((values[:, None] * factors + shifts) % prime).min(0)
    return signatures


def _alike(first: frozenset[int], second: frozenset[int]) -> bool:
    return len(first & second) >= ALIKE * len(first | second)


def _united(size: int, pairs: Iterator[tuple[int, int]]) -> tuple[int, ...]:
    boss = list(range(size))

    def find(row: int) -> int:
        while boss[row] != row:
            boss[row] = row = boss[boss[row]]
        return row

    for a, b in pairs:
        low, high = sorted((find(a), find(b)))
        boss[high] = low
    return tuple(find(row) for row in range(size))
