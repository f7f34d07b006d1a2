"""A script and a notebook put together from parts: modules that tools can check and that import each other.

The imports of all parts come first, those of each other go, and constants get the values of the case at hand.
"""

import ast
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cell:
    """A piece of a program.

    Attributes:
        title, words: what it is about; both may be empty.
        code: without imports.
    """

    title: str
    words: str
    code: str


@dataclass(frozen=True)
class Program:
    """A title, a few lines about it, and the cells; the first holds the imports."""

    title: str
    about: str
    cells: tuple[Cell, ...]

    def script(self) -> str:
        """As one Python file."""
        parts = [f'"""{self.title}\n\n{self.about}\n"""', self.cells[0].code.rstrip()]
        for cell in self.cells[1:]:
            heading = f"# {'-' * 4} {cell.title} {'-' * max(80 - len(cell.title), 3)}" if cell.title else ""
            words = "\n".join(f"# {line}" if line else "#" for line in cell.words.splitlines())
            parts.append("\n".join(filter(None, (heading, words, cell.code.strip()))))
        return "\n\n".join(parts) + "\n"

    def notebook(self) -> str:
        """As a Jupyter notebook (format 4.5)."""
        cells = [_markdown("title", f"# {self.title}\n\n{self.about}")]
        for number, cell in enumerate(self.cells):
            if cell.title:
                cells.append(_markdown(f"text-{number}", f"## {cell.title}\n\n{cell.words}".rstrip()))
            cells.append({**_cell("code", f"code-{number}", cell.code.strip()), "execution_count": None, "outputs": []})
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def program(title: str, about: str, settings: Path, parts: Sequence[Path], values: Mapping[str, Any]) -> Program:
    """Put ``parts`` together, modules of one folder.

    Args:
        title, about: already `plain`.
        settings: the part with the constants; those that other parts use are kept, with their comments.
        values: of constants, by name; literals.
    """
    sources = [part.read_text(encoding="utf-8") for part in parts]
    trees = [ast.parse(source) for source in sources]
    used = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    constants = _settings(settings.read_text(encoding="utf-8"), values, used)
    cells = [_part(tree, source) for tree, source in zip(trees, sources, strict=True)]
    return Program(title, about, (Cell("", "", _imports(trees, settings.parent.name)), constants, *cells))


def plain(text: str, otherwise: str) -> str:
    """A visitor's words, harmless inside a docstring or Markdown; ``otherwise`` where nothing of them is."""
    return "".join(c for c in " ".join(text.split()) if c.isalnum() or c in " ,.-") or otherwise


def _imports(parts: Sequence[ast.Module], folder: str) -> str:
    """All imports but those of the parts among each other: the standard library first, then what was installed."""
    names: dict[str, set[str]] = {}
    lines: set[str] = set()
    for node in (node for tree in parts for node in tree.body):
        if isinstance(node, ast.Import):
            lines.add(ast.unparse(node))
        elif isinstance(node, ast.ImportFrom) and node.module and folder not in node.module.split("."):
            names.setdefault(node.module, set()).update(alias.name for alias in node.names)
    lines |= {f"from {module} import {', '.join(sorted(used))}" for module, used in names.items()}
    standard = {line for line in lines if line.split()[1].split(".")[0] in sys.stdlib_module_names}
    return "\n".join([*sorted(standard, key=_place), "", *sorted(lines - standard, key=_place)])


def _place(line: str) -> tuple[bool, str]:
    """Plain imports first, each kind in alphabetical order."""
    return line.startswith("from"), line


def _settings(source: str, values: Mapping[str, Any], used: set[str]) -> Cell:
    """The constants that the parts use, with the comments of ``source``."""
    lines = []
    for line in source.splitlines():
        name, equals, rest = line.partition(" = ")
        if not equals or name not in used:
            continue
        comment = f"  # {rest.split('  # ', 1)[1]}" if "  # " in rest else ""
        lines.append(f"{name} = {_literal(values[name])}{comment}" if name in values else line)
    title = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    return Cell(title.rstrip("."), "", "\n".join(lines))


def _literal(value: Any) -> str:
    """``value`` as Python; words in double quotes, as the rest of the code has them."""
    return json.dumps(value) if isinstance(value, str | list) else repr(value)


def _part(tree: ast.Module, source: str) -> Cell:
    """A part without its docstring, which becomes title and words, and without imports."""
    title, _, words = (ast.get_docstring(tree) or "").partition("\n\n")
    last = max((n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)), default=0)
    if not last and tree.body:
        last = tree.body[0].end_lineno or 0
    return Cell(title.strip(), words.strip(), "\n".join(source.splitlines()[last:]).strip("\n"))


def _markdown(name: str, text: str) -> dict[str, Any]:
    return _cell("markdown", name, text)


def _cell(kind: str, name: str, text: str) -> dict[str, Any]:
    return {"cell_type": kind, "id": name, "metadata": {}, "source": text.splitlines(keepends=True)}
