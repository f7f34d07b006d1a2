"""Visitors' words shown literally, and small ways of saying numbers."""

from core.data.texts import md_escape

literal = md_escape  # Streamlit renders Markdown in almost everything it shows


def count(number: int, thing: str, plural: str = "") -> str:
    """``1 picture``, ``2 pictures``."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def percent(share: float) -> str:
    """A probability as a visitor reads it: ``36 %``, and never a rounded 0 or 100."""
    if 0 < share < 0.01:
        return "under 1 %"
    if 0.99 < share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")
