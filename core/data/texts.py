"""Texts from visitors, made safe to tokenise and to show."""

import re
from dataclasses import dataclass

from core.config import Limits
from core.errors import PlaygroundError

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Marks and overrides of direction, zero-width and other invisible characters. They are listed one by one because
# the category Cf also holds the joiners that hold emoji and Persian words together.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
_LONE_JOINER = re.compile("(?:(?<=[\x00-\x7f])|^)[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\x7f]|$)")
# Tag characters spell invisible words; they are kept only in flags, where they follow a black flag.
_TAGS = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")
_BROKEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=])")
_LABEL_CHARS = 60


@dataclass(frozen=True)
class CleanText:
    """A text that is safe to tokenise and show, and what was changed to make it so, a sentence each."""

    text: str
    notices: tuple[str, ...] = ()


def clean_text(text: str, limits: Limits | None = None) -> CleanText:
    """``text`` without control, invisible and broken characters, cut to the limit.

    Raises:
        PlaygroundError: nothing readable is left.
    """
    limit = (limits or Limits.from_env()).text_chars
    notices = []
    long = limit and len(text) > limit
    if long:
        notices.append(f"The text has {len(text):,} characters; only the first {limit:,} are used.")
        text = text[:limit]
    kept = strip_unsafe(text)
    if lost := len(text.replace("\r\n", "\n")) - len(kept):
        notices.append(f"{lost:,} control or invisible {'character was' if lost == 1 else 'characters were'} removed.")
    kept = kept.strip()
    if not kept:
        raise PlaygroundError("Enter some text: there is nothing readable in it.")
    if _mostly_foreign(kept):
        notices.append("The models here learned from English; read answers about other languages with care.")
    return CleanText(kept, tuple(notices))


def read_text(data: bytes, limits: Limits | None = None) -> CleanText:
    """The text of a plain text file, UTF-8 or UTF-16, else Windows-1252.

    Raises:
        PlaygroundError: empty, too large, or not a text file.
    """
    limits = limits or Limits.from_env()
    if not data.strip():
        raise PlaygroundError("The file is empty; choose one with some text.")
    if limits.table_mb and len(data) > limits.table_mb * 1024 * 1024:
        raise PlaygroundError(f"The file is larger than {limits.table_mb} MB; choose a shorter text.")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    notices: tuple[str, ...] = ()
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
        notices = ("The file is not UTF-8; it was read as Windows-1252. Check letters with accents.",)
    if "\0" in text or text.count("\ufffd") > len(text) // 100:
        raise PlaygroundError("This is not a plain text file: save it as text (UTF-8) and upload that.")
    cleaned = clean_text(text, limits)
    return CleanText(cleaned.text, (*notices, *cleaned.notices))


def strip_unsafe(text: str) -> str:
    """``text`` without control sequences, overrides of direction, zero-width characters and lone surrogates."""
    text = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    for pattern in (_CONTROL, _INVISIBLE, _TAGS, _BROKEN, _LONE_JOINER):
        text = pattern.sub("", text)
    return text


def clean_label(text: str) -> str:
    """A name from a visitor (class, column, file) as one short line; may be empty."""
    line = " ".join(strip_unsafe(text[: 10 * _LABEL_CHARS]).split())
    return line if len(line) <= _LABEL_CHARS else line[: _LABEL_CHARS - 1].rstrip() + "…"


def md_escape(text: str) -> str:
    """``text`` with every character that Markdown gives a meaning escaped, for places that render it."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _mostly_foreign(text: str) -> bool:
    letters = [c for c in text[:2000] if c.isalpha()]
    return len(letters) > 3 and sum(ord(c) > 0x24F for c in letters) > len(letters) / 2
