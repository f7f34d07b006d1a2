"""A training loop that can be killed at any moment: everything it needs to go on is in one checkpoint."""

import copy
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core import checkpoint

SAVE_EVERY = 120.0  # seconds
SAY_EVERY = 30.0
MAX_NORM = 1.0


def mixed() -> torch.autocast:
    """Matrix products in bfloat16, all else in single precision: up to seven times as fast where the processor can."""
    return torch.autocast("cpu", torch.bfloat16)


class Trainee:
    """A network, its optimizer (AdamW), the moving average of its weights (EMA), and how far it is.

    Attributes:
        average: the network to export: its weights are the running mean of ``network``'s.
        step: steps done, also in earlier calls.
        seconds: spent training, also in earlier calls.
    """

    def __init__(self, network: nn.Module, file: Path, learning_rate: float, ema: float) -> None:
        self.network = network.train()
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=0.01, fused=True)
        self.learning_rate, self.ema, self.file = learning_rate, ema, file
        self.step, self.seconds = 0, 0.0
        checkpoint.load(file, self._read)

    def train(self, loss_of: Callable[[int], Tensor], steps: int, seconds: float, warmup: int = 200) -> None:
        """Step until there are ``steps`` or this call took ``seconds``; then save.

        Args:
            loss_of: the loss of one fresh batch; gets the step, so that it can seed itself.
        """
        began = said = saved = time.perf_counter()
        mean = 0.0
        while self.step < steps and time.perf_counter() - began < seconds:
            start = time.perf_counter()
            torch.manual_seed(self.step)
            loss = loss_of(self.step)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), MAX_NORM)
            left = 1 - self.step / steps
            for group in self.optimizer.param_groups:
                group["lr"] = self.learning_rate * min((self.step + 1) / warmup, max(left, 0.05) ** 0.5)
            self.optimizer.step()
            self._follow()
            self.step += 1
            now = time.perf_counter()
            self.seconds += now - start
            mean = float(loss.detach()) if not mean else 0.98 * mean + 0.02 * float(loss.detach())
            if now - said > SAY_EVERY:
                said = now
                print(f"step {self.step}  loss {mean:.4f}  {self.seconds:.0f} s", flush=True)
            if now - saved > SAVE_EVERY:
                saved = now
                self.save()
        self.save()

    def save(self) -> None:
        """Keep everything that `train` needs to go on."""
        state = self.state()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.save(self.file, lambda path: torch.save(state, path))

    def state(self) -> dict[str, Any]:
        """Everything that `train` needs to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Be where `state` was taken."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]

    def _read(self, file: Path) -> None:
        self.restore(torch.load(file, weights_only=True))  # a file of our own

    def _follow(self) -> None:
        keep = min(self.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
            for mean, now in zip(self.average.buffers(), self.network.buffers(), strict=True):
                mean.copy_(now)
