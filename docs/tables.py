"""The README's tables, made from the registries; `make readme` writes them, a test holds them true."""

from pathlib import Path

from core.attribution import METHODS
from core.attribution.matrix import matrix
from core.labs import LABS
from core.models import MODELS, shipped
from core.models.catalog import HERE_ONLY

README = Path(__file__).resolve().parent.parent / "README.md"


def models() -> str:
    """Every model of the catalog, starters first."""
    rows = ["| model | for | comes as | on the Hub | licence |", "|---|---|---|---|---|"]
    for card in sorted(MODELS, key=lambda card: card.package is None):
        origin = "a package, so it answers offline" if card.package else "the Hub"
        origin = f"{origin}, and an adapter of ours" if card.shipped else origin
        hub_id = f"`{card.hub_id}`"
        if card.revision_source == HERE_ONLY:
            origin, hub_id = "part of this repository, so it answers offline", "not there"
        rows.append(f"| {card.title} | {card.task.replace('-', ' ')} | {origin} | {hub_id} | {card.licence} |")
    return "\n".join(rows)


def ours() -> str:
    """What we trained, with what its recipe measured on examples that it never saw."""
    rows = ["| model | learned from | how good (95 % interval) | made by |", "|---|---|---|---|"]
    for card in (card for card in MODELS if card.shipped):
        facts = shipped.facts(card.shipped)
        figures = "<br>".join(map(_figure, facts.figures))
        rows.append(f"| {card.title.removesuffix(' (our own)')} | {facts.data} | {figures} | `{facts.recipe}` |")
    return "\n".join(rows)


def _figure(figure: shipped.Figure) -> str:
    share = f"{figure.value:.1%} {figure.measure} ({figure.low:.1%} to {figure.high:.1%})"
    guessing = f"; guessing {figure.chance:.0%}" if figure.chance else ""
    return f"{share} on {figure.count:,} {figure.what}{guessing}".replace("%", " %")


def methods() -> str:
    """Every attribution method with what its map says."""
    rows = ["| method | for | what it says |", "|---|---|---|"]
    kinds = {"image": "pictures", "text": "texts"}
    rows += [f"| [{m.name}]({m.reference}) | {kinds[m.kind]} | {m.summary} |" for m in METHODS]
    return "\n".join(rows)


def matrices() -> str:
    """Which method serves which model; below, the reasons where one does not."""
    from docs import skeletons

    parts: list[str] = []
    for rows in (matrix(skeletons.of_pictures(), "image"), matrix(skeletons.of_texts(), "text")):
        titles = list(rows[0].reasons)
        notes: list[str] = []
        parts += [f"| method | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
        for row in rows:
            marks = []
            for reason in row.reasons.values():
                if reason and reason not in notes:
                    notes.append(reason)
                marks.append(f"no ({notes.index(reason) + 1})" if reason else "yes")
            parts.append(f"| {row.method.name} | {' | '.join(marks)} |")
        parts += ["", *(f"{number}. {note}" for number, note in enumerate(notes, 1)), *([""] if notes else [])]
    return "\n".join(parts).rstrip()


def labs() -> str:
    """Every lab with the topics that are done there."""
    rows = ["| lab | what you do | topics |", "|---|---|---|"]
    rows += [f"| {lab.title} | {lab.summary} | {', '.join(lab.topics)} |" for lab in LABS]
    return "\n".join(rows)


TABLES = {"models": models, "ours": ours, "methods": methods, "matrices": matrices, "labs": labs}


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
