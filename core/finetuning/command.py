"""The command line's flags: what to learn from, what learns, where it goes, and every setting of every strategy."""

import argparse
from pathlib import Path
from typing import Any

from core.finetuning import STRATEGIES, STRATEGIES_BY_NAME
from core.models import MODELS
from core.models.catalog import CLASSIFYING
from core.params import Choice, FloatRange, IntRange, Param, Toggle, params_of

EXAMPLES = """\
examples:
  python -m core.finetuning photos/ --out cats-and-dogs
  python -m core.finetuning mails.csv --text message --label kind --strategy partial --out spam
  python -m core.finetuning photos/ --strategy full --num-train-epochs 5 --augmentation light --out better
  torchrun --nproc_per_node 2 -m core.finetuning photos/ --strategy full --out together

DATA is a folder with a folder of pictures per class (or with a table labels.csv: file, labels), a zip of that, or a
table (.csv, .tsv, .jsonl) with a text and a label column. Several classes in one cell are separated by bars, sad|funny.
Ctrl-C ends the run and keeps the best so far; the same command again continues one that was killed."""


def parser() -> argparse.ArgumentParser:
    """The parser; settings that were not given stay None, so that each strategy has its own defaults."""
    made = argparse.ArgumentParser(
        prog="python -m core.finetuning",
        description="Fine-tune a pretrained model on labelled pictures or texts, without a browser and without limits.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    bases = ", ".join(card.slug for card in MODELS if card.task in CLASSIFYING)
    strategies = "; ".join(f"{one.name}: {one.trains}" for one in STRATEGIES)
    made.add_argument("data", type=Path, metavar="DATA", help="a folder, a zip or a table of examples")
    made.add_argument("--out", type=Path, required=True, help="a new folder for the model, its card and its scripts")
    made.add_argument("--base", default="", help=f"what it starts from: {bases}, or a folder that was taken home")
    made.add_argument("--strategy", choices=list(STRATEGIES_BY_NAME), default="probe", help=_help(strategies))
    made.add_argument("--title", default="", help="what the model is called")
    made.add_argument("--text", default="", metavar="COLUMN", help="the table's column of texts")
    made.add_argument("--label", default="", metavar="COLUMN", help="the table's column of classes")
    made.add_argument("--random-weights", action="store_true", help="begin with a network that has learned nothing")
    made.add_argument("--control", action="store_true", help="train that network too, to compare")
    settings = made.add_argument_group("settings", "Each strategy has its own defaults, and uses those that it knows.")
    for param in _settings().values():
        _add(settings, param)
    return made


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given."""
    found = {name: getattr(arguments, name) for name in _settings()}
    return {name: value for name, value in found.items() if value is not None}


def _settings() -> dict[str, Param]:
    """Every control of every strategy, once."""
    kinds = [settings for strategy in STRATEGIES for settings in strategy.settings.values()]
    return {param.name: param for settings in kinds for param in params_of(settings)}


def _add(group: Any, param: Param) -> None:
    flags = dict.fromkeys((f"--{param.name.replace('_', '-')}", f"--{param.name}"))
    match param:
        case Toggle():
            group.add_argument(*flags, dest=param.name, action="store_true", default=None, help=_help(param.help))
        case Choice():
            group.add_argument(*flags, dest=param.name, choices=param.options, help=_help(param.help))
        case IntRange() | FloatRange():
            kind = int if isinstance(param, IntRange) else float
            words = f"{param.help} From {param.low:g} to {param.high:g}."
            group.add_argument(*flags, dest=param.name, type=kind, metavar="N", help=_help(words))
        case _:
            raise AssertionError(f"no flag for {type(param).__name__}")


def _help(words: str) -> str:
    return words.replace("%", "%%")
