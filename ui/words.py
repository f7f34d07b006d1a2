"""Visitors' words shown literally: Streamlit renders Markdown in almost everything it shows."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^=])")


def literal(text: str) -> str:
    """``text`` with every character that Markdown gives a meaning escaped; line breaks become spaces."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def count(number: int, thing: str, plural: str = "") -> str:
    """``1 picture``, ``2 pictures``."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"
