"""What the playground's frames show, in words."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.lab import Frame
from core.labs.playground.settings import Settings

_GAP = 0.15  # a held-out loss this far above the training loss is worth a word


def says(settings: Settings, frames: Sequence[Frame]) -> str:
    """How well it does on held-out points, with a 95% interval, and what to notice or try."""
    now = frames[-1]
    if not math.isfinite(now.metrics["train_loss"]):
        return (
            f"After {now.step:,} steps the loss is no longer a number: steps this long made the weights run away. "
            "Lower the learning rate and press Reset."
        )
    n = len(now.arrays["y_val"]) if "y_val" in now.arrays else 0
    accuracy = now.metrics["val_accuracy"]
    result = f"After {_steps(now.step)} the network is right on {accuracy:.0%} of the {n} points it never learnt from"
    if n:
        low, high = wilson(accuracy, n)
        result += f" (95% interval {low:.0%} to {high:.0%})"
    return f"{result}. {_notice(settings, frames)}"


def readings(settings: Settings, frames: Sequence[Frame]) -> Mapping[str, str]:
    """Where it stands, in figures."""
    now = frames[-1].metrics
    return {
        "Epoch": f"{now['epoch']:,.0f}",
        "Step": f"{frames[-1].step:,}",
        "Right, training": f"{now['train_accuracy']:.0%}",
        "Right, held out": f"{now['val_accuracy']:.0%}",
    }


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share seen in ``n`` independent cases (Wilson 1927)."""
    z = 1.96
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def _steps(step: int) -> str:
    return {0: "no step at all", 1: "1 step"}.get(step, f"{step:,} steps")


def _notice(settings: Settings, frames: Sequence[Frame]) -> str:
    """The one thing most worth saying about this moment."""
    now = frames[-1]
    gap = now.metrics["val_loss"] - now.metrics["train_loss"]
    if now.step == 0:
        return "The surface still shows its random starting weights: press Start."
    if settings.initialisation == "zeros" and settings.hidden:
        return "All weights started at zero, so the neurons of a layer are copies of each other and cannot specialise."
    if silent := silent_share(now.arrays, len(settings.hidden)):
        return f"{silent:.0%} of its hidden neurons answer the same everywhere, so they carry nothing."
    if gap > _GAP:
        return (
            f"Its held-out loss ({now.metrics['val_loss']:.2f}) lies {gap:.2f} above its training loss: it is learning "
            "these very points by heart. More points, dropout or an L2 penalty help."
        )
    if now.metrics["val_accuracy"] > 0.95:
        return "The boundary follows the classes" + ("; fewer neurons may do as well." if settings.hidden else ".")
    if (not settings.hidden or settings.activation == "linear") and settings.features == "position":
        return "Without a bend between layers its boundary can only be a straight line."
    return f"The training loss stands at {now.metrics['train_loss']:.3f}; give it more steps, or longer ones."


def silent_share(arrays: Mapping[str, np.ndarray], layers: int) -> float:
    """Share of hidden neurons with one and the same activation over the whole plane (a dead ReLU, for one)."""
    spans = [np.ptp(arrays[f"layer_{k}"], axis=(1, 2)) for k in range(1, layers + 1) if f"layer_{k}" in arrays]
    return float((np.concatenate(spans) < 1e-6).mean()) if spans else 0.0
