"""The pages: one row each, in the order of the menu."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class PageRow:
    """One page: its file, what the menu and the title call it, and one sentence on what a visitor can do there."""

    file: str
    title: str
    section: str
    icon: str
    sentence: str

    @property
    def slug(self) -> str:
        """Its name in URLs and in `core.topics`."""
        return Path(self.file).stem


PAGES: tuple[PageRow, ...] = (
    PageRow(
        "pages/home.py", "Home", "", ":material/home:", "Run, fine-tune and question real models, in your browser."
    ),
    PageRow(
        "pages/vision.py",
        "Vision",
        "Use",
        ":material/image:",
        "Show a pretrained network a picture and read what it sees.",
    ),
    PageRow(
        "pages/nlp.py", "Language", "Use", ":material/notes:", "Sort, split and compare texts with a sentence encoder."
    ),
    PageRow(
        "pages/generation.py",
        "Generation",
        "Use",
        ":material/auto_awesome:",
        "Watch small models write and draw, token by token and step by step.",
    ),
    PageRow(
        "pages/transfer_learning.py",
        "Transfer learning",
        "Use",
        ":material/model_training:",
        "Fine-tune a pretrained model on your own pictures or texts, and take it home.",
    ),
    PageRow(
        "pages/explainability.py",
        "Explainability",
        "Use",
        ":material/visibility:",
        "Orange argues for the answer, blue against it. Below each map: how far it can be trusted.",
    ),
    PageRow(
        "pages/training.py",
        "Training",
        "Foundations",
        ":material/trending_down:",
        "Train a small network and watch its decision surface form.",
    ),
)
PAGES_BY_SLUG = {row.slug: row for row in PAGES}


def menu() -> dict[str, list]:
    """The pages as Streamlit wants them: section → pages."""
    sections: dict[str, list] = {}
    for row in PAGES:
        page = st.Page(ROOT / row.file, title=row.title, icon=row.icon, default=row.slug == "home", help=row.sentence)
        sections.setdefault(row.section, []).append(page)
    return sections
