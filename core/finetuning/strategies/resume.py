"""A training state on disk: tensors as safetensors, the rest as JSON in the same file, so that both are one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from core import checkpoint
from core.finetuning.run import Progress
from core.finetuning.strategies.learning import Learning

FILE = "state.safetensors"
EPOCH_MB = 20  # up to this size what learned is kept after every epoch: which example taught what can be asked later
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")
_MB = 1_000_000


@dataclass
class State:
    """Where a run stands after a whole epoch.

    Attributes:
        epoch, step: how many are behind it.
        best: all that changes, as it was at the lowest validation loss.
        probs: ``(H, K)`` of the held-out rows with them.
        history: one record per epoch, epoch 0 being the probe.
        seconds: spent so far, by phase.
    """

    epoch: int
    step: int
    best: dict[str, Tensor]
    probs: Tensor
    best_epoch: int
    best_loss: float
    history: list[Progress]
    seconds: dict[str, float]


def save(folder: Path, learning: Learning, optimizer: torch.optim.Optimizer, state: State) -> None:
    """Write ``state``, what changes and the optimizer's moments; the file before stays as the previous one."""
    tensors: dict[str, Tensor] = {"probs": state.probs}
    for name, tensor in learning.kept.items():
        tensors[f"now {name}"] = tensor
        if state.best_epoch != state.epoch:
            tensors[f"best {name}"] = state.best[name]
    for name, parameter in learning.parameters.items():
        for moment, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{moment} {name}"] = value
    facts = {key: value for key, value in vars(state).items() if key not in ("best", "probs")}
    folder.mkdir(parents=True, exist_ok=True)
    plain = _plain(tensors)
    checkpoint.save(folder / FILE, lambda path: save_file(plain, path, {"state": json.dumps(facts)}))
    own = {name: plain[f"now {name}"] for name in learning.kept}
    if sum(tensor.nbytes for tensor in own.values()) <= EPOCH_MB * _MB:
        checkpoint.save(epoch_file(folder, state.epoch), lambda path: save_file(own, path))


def epoch_file(folder: Path, epoch: int) -> Path:
    """Where what learned is kept as it was after ``epoch``."""
    return folder / f"epoch-{epoch:03d}.safetensors"


def load(folder: Path, learning: Learning, optimizer: torch.optim.Optimizer) -> State | None:
    """The newest whole state, its weights and moments put in place; None where there is none."""
    read = checkpoint.load(folder / FILE, _read)
    if read is None:
        return None
    facts, tensors = read
    learning.restore({name: tensors[f"now {name}"] for name in learning.kept})
    for name, parameter in learning.parameters.items():
        moments = {m: tensors[f"{m} {name}"].to(parameter.device) for m in _MOMENTS if f"{m} {name}" in tensors}
        if moments:
            optimizer.state[parameter] = {
                m: torch.empty_like(parameter).copy_(value) if m != "step" else value for m, value in moments.items()
            }
    which = "now" if facts["best_epoch"] == facts["epoch"] else "best"
    return State(best={name: tensors[f"{which} {name}"] for name in learning.kept}, probs=tensors["probs"], **facts)


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies as a file wants them: memory may be channels-last or shared."""
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        facts = json.loads(file.metadata()["state"])
        return facts, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
