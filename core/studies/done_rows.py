"""Rows of a long job, one line each as it is done, so that a crash loses none and a second try skips them."""

import json
from pathlib import Path
from typing import Any


class DoneRows:
    """What is in the file so far; a last line that a crash cut short does not count."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = [line for line in _lines(path) if line.endswith("\n")]
        fresh = path.with_name(path.name + ".whole")
        fresh.write_text("".join(whole), encoding="utf-8")
        fresh.replace(path)
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in whole]

    def add(self, row: dict[str, Any]) -> None:
        """Keep ``row``, on disk at once."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.rows.append(row)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    return path.read_text(encoding="utf-8").splitlines(keepends=True)
