"""Many small files in one: written one after another, read one at a time, so that memory never holds them all."""

import mmap
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import overload


class Packing:
    """Writes a file for `Packed`, an item at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ends: list[int] = []
        self._file = path.open("wb")

    def append(self, item: bytes) -> None:
        """Write one more item."""
        self._file.write(item)
        self.ends.append(self._file.tell())

    def __len__(self) -> int:
        return len(self.ends)

    def __enter__(self) -> "Packing":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def packed(self) -> "Packed":
        """What was written so far, readable."""
        self._file.flush()
        return Packed(self.path, self.ends)


class Packed(Sequence[bytes]):
    """The items of a file by number; ``ends`` says where each ends. Equal to any sequence of the same items."""

    def __init__(self, path: Path, ends: Iterable[int]) -> None:
        self._ends = tuple(ends)
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self._ends else b""
        if self._ends and self._ends[-1] > len(self._bytes):
            raise ValueError(f"{path.name} is shorter than its list of items says")

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[bytes, ...]: ...
    def __getitem__(self, at: int | slice) -> bytes | tuple[bytes, ...]:
        if isinstance(at, slice):
            return tuple(self[i] for i in range(*at.indices(len(self))))
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        return self._bytes[self._ends[place - 1] if place else 0 : self._ends[place]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or len(self) != len(other):
            return NotImplemented if not isinstance(other, Sequence) else False
        return all(mine == theirs for mine, theirs in zip(self, other, strict=True))

    def __hash__(self) -> int:
        return hash(self._ends)
