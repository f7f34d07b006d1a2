"""The README is true: its tables come from the registries, its links and commands exist."""

import re
from pathlib import Path

from docs import tables

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PROSE = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_its_tables_are_those_of_the_registries() -> None:
    assert tables.filled(README) == README, "run `make readme`"


def test_every_relative_link_leads_somewhere() -> None:
    for page in PROSE:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_is_a_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PROSE:
        for command in re.findall(r"`?make ([a-z-]+)", page.read_text()):
            if f"`make {command}" in page.read_text() or f"\nmake {command}" in page.read_text():
                assert command in targets, f"{page.name} names make {command}"


def test_every_place_named_in_the_architecture_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    for place in re.findall(r"^\| `([\w./]+)`", text, re.M):
        assert (ROOT / place).exists(), place
