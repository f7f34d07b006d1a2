"""A run as code: one script, and the same as a notebook, that repeat it with plain torch and transformers."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.device import is_good_at_bf16
from core.errors import PlaygroundError
from core.finetuning.report import Report
from core.finetuning.run import PRETRAINED
from core.finetuning.strategies.settings import ProbeControls
from core.finetuning.takehome.zipped import finished
from core.models import MODELS_BY_SLUG
from core.models.catalog import TEXT_ENCODING
from core.program import Program, plain, program

PARTS = Path(__file__).parent.with_name("takeaway")
GRADIENT = ("partial", "full")
STRATEGIES = ("probe", *GRADIENT)
"""What can be told as code."""

# Where the blocks of a picture network are, what comes before them and what follows them, by model type.
_PLACES = {
    "efficientnet": ("encoder.blocks", ["embeddings"], ["encoder.top_conv", "encoder.top_bn"]),
    "resnet": ("encoder.stages", ["embedder"], []),
    "convnext": ("encoder.stages", ["embeddings"], ["layernorm"]),
    "vit": ("layers", [], ["layernorm"]),
}


@dataclass(frozen=True)
class Recipe:
    """A run to be told as code.

    Attributes:
        report: what it was.
        config: the ``config.json`` of the model that it made.
    """

    report: Report
    config: Mapping[str, Any]

    @classmethod
    def of(cls, result: Path) -> "Recipe":
        """The run whose ``result`` folder this is.

        Raises:
            NotFound: there is no finished model in it.
        """
        report = finished(result)
        return cls(report, json.loads((result / "model" / "config.json").read_text(encoding="utf-8")))

    def script(self) -> str:
        """The run as one Python file."""
        return self._program().script()

    def notebook(self) -> str:
        """The run as a Jupyter notebook."""
        return self._program().notebook()

    def _program(self) -> Program:
        report = self.report
        if not offered(report):
            raise PlaygroundError(
                f"A run of {report.strategy_title!r} like this cannot be told as code yet; take the model home."
            )
        about = (
            f"Repeats a run of {report.strategy_title!r} on {plain(report.base_title, 'a model')}: same examples, split"
            " and seed.\nInstall what requirements.txt names, then run this in its folder."
        )
        parts = [PARTS / f"{name}.py" for name in part_names(report)]
        return program(plain(report.title, "A run"), about, PARTS / "repeat_settings.py", parts, constants(self))


def offered(report: Report) -> bool:
    """Whether this run can be told as code."""
    base = MODELS_BY_SLUG.get(report.base)
    reads = report.kind == "image" or base is None or base.task == TEXT_ENCODING
    alike = report.settings.get("augmentation", "none") == "none" and report.weights == PRETRAINED
    return report.strategy in STRATEGIES and reads and alike


def ships_base(report: Report) -> bool:
    """Whether the base model must come along: it is a visitor's own, or is not on the Hub in this form."""
    card = MODELS_BY_SLUG.get(report.base)
    return card is None or not card.on_hub


def part_names(report: Report) -> list[str]:
    """The parts that make up this run's program, in their order."""
    gradient = report.strategy in GRADIENT
    aim = "several_classes" if report.multi_label else "one_class"
    if report.kind == "text":
        network = ["stock_text"] if gradient else ["text"]
    else:
        network = ["image", "image_blocks"] if gradient else ["image"]
    learning = [report.strategy, "gradient"] if gradient else ["probe"]
    return [f"repeat_{name}" for name in ("examples", aim, *network, "head", *learning, "answers")]


def constants(recipe: Recipe) -> dict[str, Any]:
    """The names in the first part with this run's values."""
    report, config = recipe.report, recipe.config
    card, settings = MODELS_BY_SLUG.get(report.base), report.settings
    on_hub = card is not None and not ships_base(report)
    ran = max((record["epoch"] for record in report.history), default=0)
    gradient = report.strategy in GRADIENT
    # A strategy that goes on after the new layer trains that with a probe's defaults; a probe as its visitor said.
    head = asdict(ProbeControls()) if gradient else settings
    blocks, stem, top = _PLACES.get(config["model_type"], ("", [], []))
    return {
        **{name.upper(): value for name, value in settings.items()},
        "BASE": card.hub_id if card and on_hub else "base",
        "REVISION": card.revision if card and on_hub else None,
        "LABELS": list(report.labels),
        "SEED": report.seed,
        "DEPTH": config.get("num_hidden_layers", 1) - 1,  # the last one computes a mean
        "BLOCKS": blocks,
        "STEM": stem,
        "TOP": top,
        # A probe that was stopped ended after as many passes as there were.
        "HEAD_EPOCHS": ran if report.stopped and not gradient else head["num_train_epochs"],
        "HEAD_LEARNING_RATE": head["learning_rate"],
        "HEAD_WEIGHT_DECAY": head["weight_decay"],
        "HEAD_PATIENCE": head["early_stopping_patience"],
        "EPOCHS_RUN": ran,
        "BF16": report.kind == "text" and is_good_at_bf16(),
        "ACCURACY": report.accuracy,
    }
