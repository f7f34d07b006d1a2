"""The README's tables, made from the registries; `make readme` writes them, a test holds them true."""

from pathlib import Path

from core.attribution import METHODS
from core.labs import LABS
from core.models import MODELS

README = Path(__file__).resolve().parent.parent / "README.md"


def models() -> str:
    """Every model of the catalog, starters first."""
    rows = ["| model | for | comes as | on the Hub | licence |", "|---|---|---|---|---|"]
    for card in sorted(MODELS, key=lambda card: card.package is None):
        origin = "a package, so it answers offline" if card.package else "the Hub"
        rows.append(f"| {card.title} | {card.task.replace('-', ' ')} | {origin} | `{card.hub_id}` | {card.licence} |")
    return "\n".join(rows)


def methods() -> str:
    """Every attribution method with what its map says."""
    rows = ["| method | for | what it says |", "|---|---|---|"]
    kinds = {"image": "pictures", "text": "texts"}
    rows += [f"| [{m.name}]({m.reference}) | {kinds[m.kind]} | {m.summary} |" for m in METHODS]
    return "\n".join(rows)


def labs() -> str:
    """Every lab with the topics that are done there."""
    rows = ["| lab | what you do | topics |", "|---|---|---|"]
    rows += [f"| {lab.title} | {lab.summary} | {', '.join(lab.topics)} |" for lab in LABS]
    return "\n".join(rows)


TABLES = {"models": models, "methods": methods, "labs": labs}


def filled(text: str) -> str:
    """``text`` with each table between its two markers made anew."""
    for name, table in TABLES.items():
        start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, rest = text.split(start)
        _, after = rest.split(end)
        text = f"{before}{start}\n{table()}\n{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(filled(README.read_text()))
