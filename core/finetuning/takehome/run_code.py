"""A run as code: one script, and the same as a notebook, that repeat it with plain torch and transformers.

The parts in ``takeaway/repeat_*.py`` are modules that tools can check. Put together, their imports come first, their
imports of each other go, and the constants of the first part get this run's values.
"""

from pathlib import Path
from typing import Any

from core.errors import PlaygroundError
from core.finetuning.report import Report
from core.models import MODELS_BY_SLUG
from core.program import Program, plain, program

PARTS = Path(__file__).parent.with_name("takeaway")
TRAINING = {"probe": "repeat_probe"}
"""Strategy → the part that trains like it."""


def offered(report: Report) -> bool:
    """Whether this run can be told as code."""
    return report.strategy in TRAINING


def script(report: Report) -> str:
    """The run as one Python file."""
    return _program(report).script()


def notebook(report: Report) -> str:
    """The run as a Jupyter notebook."""
    return _program(report).notebook()


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


def _program(report: Report) -> Program:
    if not offered(report):
        raise PlaygroundError(f"A run of {report.strategy_title!r} cannot be told as code yet; take the model home.")
    names = ("repeat_examples", f"repeat_{report.kind}", TRAINING[report.strategy], "repeat_answers")
    about = (
        f"Repeats a run of {report.strategy_title!r} on {plain(report.base_title, 'A run')}: same examples, split and"
        " seed.\nInstall what requirements.txt names, then run this in its folder."
    )
    parts = [PARTS / f"{name}.py" for name in names]
    return program(plain(report.title, "A run"), about, PARTS / "repeat_settings.py", parts, constants(report))
