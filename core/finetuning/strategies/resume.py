"""A training state on disk: tensors as safetensors, the rest as JSON in the same file, so that both are one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core import checkpoint
from core.finetuning.run import Progress

FILE = "state.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass
class State:
    """Where a run stands after a whole epoch.

    Attributes:
        epoch, step: how many are behind it.
        best: the learning parameters at the lowest validation loss.
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


def save(folder: Path, trained: dict[str, nn.Parameter], optimizer: torch.optim.Optimizer, state: State) -> None:
    """Write ``state``, the parameters and the optimizer's moments; the file before stays as the previous one."""
    tensors: dict[str, Tensor] = {"probs": state.probs}
    for name, parameter in trained.items():
        tensors[f"now {name}"] = parameter.detach()
        tensors[f"best {name}"] = state.best[name]
        for moment, value in optimizer.state.get(parameter, {}).items():
            tensors[f"{moment} {name}"] = value
    facts = {key: value for key, value in vars(state).items() if key not in ("best", "probs")}
    # Memory may be channels-last or shared; the file wants plain copies.
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint.save(folder / FILE, lambda path: save_file(plain, path, {"state": json.dumps(facts)}))


def load(folder: Path, trained: dict[str, nn.Parameter], optimizer: torch.optim.Optimizer) -> State | None:
    """The newest whole state, its weights and moments put in place; None where there is none."""
    read = checkpoint.load(folder / FILE, _read)
    if read is None:
        return None
    facts, tensors = read
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(tensors[f"now {name}"])
            moments = {m: tensors[f"{m} {name}"].to(parameter.device) for m in _MOMENTS if f"{m} {name}" in tensors}
            if moments:
                optimizer.state[parameter] = {
                    m: torch.empty_like(parameter).copy_(value) if m != "step" else value
                    for m, value in moments.items()
                }
    best = {name: tensors[f"best {name}"] for name in trained}
    return State(best=best, probs=tensors["probs"], **facts)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    with safe_open(path, framework="pt") as file:
        facts = json.loads(file.metadata()["state"])
        return facts, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
