"""How good the models are that we trained: what their recipes measured on examples never learned from."""

from benchmarks.lines import Line
from core.models import MODELS, shipped


def measure() -> list[Line]:
    """One line for each figure: ours beside what guessing gets; met where the interval lies above that."""
    lines = []
    for card in (card for card in MODELS if card.shipped):
        facts = shipped.facts(card.shipped)
        for figure in facts.figures:
            ratio = figure.value / figure.chance if figure.chance else float("inf")
            note = (
                f"{figure.measure} on {figure.count:,} {figure.what}; 95 % interval {100 * figure.low:.1f} to "
                f"{100 * figure.high:.1f} %; measured by `{facts.recipe}`"
            )
            name = f"starter-quality: {card.slug}, {figure.what}, {figure.measure}"
            met = figure.low > figure.chance
            lines.append(
                Line(name, 100 * figure.value, 100 * figure.chance, "%", ratio, "better than guessing", met, note)
            )
    return lines
