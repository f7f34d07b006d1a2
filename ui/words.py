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


def duration(seconds: float) -> str:
    """A time as a visitor reads it: ``40 s``, ``2 min 10 s``, ``3 h 5 min``; no more exact than it can be known."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        rest = rest // 10 * 10
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def gap(logits: float, share: float) -> str:
    """How far credits miss the change they should sum to: ``gap +0.07 logits, 0.8 %``."""
    if share < 1:
        return f"gap {logits:+.2f} logits, {100 * share:.2g} %"
    return f"gap {logits:+.2f} logits, " + (f"{share:.1f} times the change" if share < 100 else "far beyond the change")
