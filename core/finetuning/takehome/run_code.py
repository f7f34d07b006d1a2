"""A run as code: one script, and the same as a notebook, that repeat it with plain torch and transformers.

The parts in ``takeaway/repeat_*.py`` are modules that tools can check. Put together, their imports come first, their
imports of each other go, and the constants of the first part get this run's values.
"""

import ast
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import PlaygroundError
from core.finetuning.report import Report
from core.models import MODELS_BY_SLUG

PARTS = Path(__file__).parent.with_name("takeaway")
_PACKAGE = "core.finetuning.takeaway"
TRAINING = {"probe": "repeat_probe"}
"""Strategy → the part that trains like it."""


@dataclass(frozen=True)
class Cell:
    """A piece of the program.

    Attributes:
        title, words: what it is about; both may be empty.
        code: without imports.
    """

    title: str
    words: str
    code: str


def offered(report: Report) -> bool:
    """Whether this run can be told as code."""
    return report.strategy in TRAINING


def script(report: Report) -> str:
    """The run as one Python file."""
    cells = _cells(report)
    parts = [_banner(report), cells[0].code.rstrip()]
    for cell in cells[1:]:
        heading = f"# {'-' * 4} {cell.title} {'-' * max(80 - len(cell.title), 3)}" if cell.title else ""
        words = "\n".join(f"# {line}" if line else "#" for line in cell.words.splitlines())
        parts.append("\n".join(filter(None, (heading, words, cell.code.strip()))))
    return "\n\n".join(parts) + "\n"


def notebook(report: Report) -> str:
    """The run as a Jupyter notebook (format 4.5)."""
    cells = [_markdown("title", f"# {_plain(report.title)}\n\n{_about(report)}")]
    for number, cell in enumerate(_cells(report)):
        if cell.title:
            cells.append(_markdown(f"text-{number}", f"## {cell.title}\n\n{cell.words}".rstrip()))
        cells.append({**_cell("code", f"code-{number}", cell.code.strip()), "execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def constants(report: Report) -> dict[str, Any]:
    """The names in the first part with this run's values."""
    card = MODELS_BY_SLUG.get(report.base)
    ships = ships_base(report)
    settings = {name.upper(): value for name, value in report.settings.items()}
    if report.stopped:  # ended by the visitor: as many passes as there were
        settings["NUM_TRAIN_EPOCHS"] = max((record["epoch"] for record in report.history), default=0)
    return {
        "BASE": "base" if card is None or ships else card.hub_id,
        "REVISION": None if card is None or ships else card.revision,
        "LABELS": list(report.labels),
        "SEED": report.seed,
        "ACCURACY": report.accuracy,
        **settings,
    }


def ships_base(report: Report) -> bool:
    """Whether the base model must come along: it is a visitor's own, or is not on the Hub in this form."""
    card = MODELS_BY_SLUG.get(report.base)
    return card is None or card.folder is not None or bool(card.convert)


def _cells(report: Report) -> list[Cell]:
    """Imports, settings, and a cell for each part."""
    if not offered(report):
        raise PlaygroundError(f"A run of {report.strategy_title!r} cannot be told as code yet; take the model home.")
    names = ("repeat_examples", f"repeat_{report.kind}", TRAINING[report.strategy], "repeat_answers")
    sources = [(PARTS / f"{name}.py").read_text(encoding="utf-8") for name in names]
    parts = [ast.parse(source) for source in sources]
    cells = [_part(tree, source) for tree, source in zip(parts, sources, strict=True)]
    used = {node.id for tree in parts for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return [Cell("", "", _imports(parts)), _settings(constants(report), used), *cells]


def _imports(parts: list[ast.Module]) -> str:
    """All imports but those of the parts among each other: the standard library first, then what was installed."""
    names: dict[str, set[str]] = {}
    lines: set[str] = set()
    for node in (node for tree in parts for node in tree.body):
        if isinstance(node, ast.Import):
            lines.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith(_PACKAGE):
            names.setdefault(node.module, set()).update(alias.name for alias in node.names)
    lines |= {f"from {module} import {', '.join(sorted(used))}" for module, used in names.items()}
    standard = {line for line in lines if line.split()[1].split(".")[0] in sys.stdlib_module_names}
    return "\n".join([*sorted(standard, key=_place), "", *sorted(lines - standard, key=_place)])


def _place(line: str) -> tuple[bool, str]:
    """Plain imports first, each kind in alphabetical order."""
    return line.startswith("from"), line


def _settings(values: Mapping[str, Any], used: set[str]) -> Cell:
    """The constants that the other parts use, with the comments of the first part."""
    lines = []
    for line in (PARTS / "repeat_settings.py").read_text(encoding="utf-8").splitlines():
        name, equals, rest = line.partition(" = ")
        if not equals or name not in used:
            continue
        comment = f"  # {rest.split('  # ', 1)[1]}" if "  # " in rest else ""
        lines.append(f"{name} = {_literal(values[name])}{comment}" if name in values else line)
    return Cell("The settings of this run", "", "\n".join(lines))


def _literal(value: Any) -> str:
    """``value`` as Python; words in double quotes, as the rest of the code has them."""
    return json.dumps(value) if isinstance(value, str | list) else repr(value)


def _part(tree: ast.Module, source: str) -> Cell:
    """A part without its docstring, which becomes title and words, and without imports."""
    title, _, words = (ast.get_docstring(tree) or "").partition("\n\n")
    last = max(n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))
    return Cell(title.strip(), words.strip(), "\n".join(source.splitlines()[last:]).strip("\n"))


def _banner(report: Report) -> str:
    return f'"""{_plain(report.title)}\n\n{_about(report)}\n"""'


def _about(report: Report) -> str:
    return (
        f"Repeats a run of {report.strategy_title!r} on {_plain(report.base_title)}: same examples, split and seed.\n"
        "Install what requirements.txt names, then run this in its folder."
    )


def _plain(text: str) -> str:
    """A visitor's words, harmless inside a docstring or Markdown."""
    return "".join(c for c in " ".join(text.split()) if c.isalnum() or c in " ,.-") or "A run"


def _markdown(name: str, text: str) -> dict[str, Any]:
    return _cell("markdown", name, text)


def _cell(kind: str, name: str, text: str) -> dict[str, Any]:
    return {"cell_type": kind, "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}
