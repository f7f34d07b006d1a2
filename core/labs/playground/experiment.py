"""The playground's experiment; its first functions are the lesson, and are exported as they stand."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.data.toy import TOY_SETS_BY_NAME, Points
from core.errors import PlaygroundError
from core.lab import Frame
from core.labs.playground.settings import FEATURES, LIVE, Settings

SPAN, SIDE, THUMB = 2.6, 60, 3  # the grid covers ±2.6 with 60×60 points; neurons are shown at every third of them
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "linear": nn.Identity,
}


def draw(dataset: Callable[[int, np.random.Generator], Points], n: int, noise: float, seed: int) -> Points:
    """``n`` points (N, 2) and labels (N,), shuffled and blurred."""
    rng = np.random.default_rng(seed)
    points, labels = dataset(n, rng)
    order = rng.permutation(n)
    return (points + noise * rng.normal(size=points.shape))[order], labels[order]


def inputs(points: np.ndarray, names: Sequence[str]) -> Tensor:
    """What the network is shown of each point: one column per name."""
    x1, x2 = torch.tensor(points, dtype=torch.float32).unbind(dim=1)  # (N,), (N,)
    column = {
        "x1": x1,
        "x2": x2,
        "x1²": x1**2,
        "x2²": x2**2,
        "x1·x2": x1 * x2,
        "sin 2x1": torch.sin(2 * x1),
        "sin 2x2": torch.sin(2 * x2),
    }
    return torch.stack([column[name] for name in names], dim=1)  # (N, D)


def network(
    sizes: Sequence[int],
    activation: type[nn.Module],
    normalisation: str = "none",
    dropout: float = 0.0,
    initialisation: str = "default",
) -> nn.Sequential:
    """A multilayer perceptron (D → … → 1); each hidden layer is one block, the last entry gives the logit."""
    norm = {"none": lambda width: nn.Identity(), "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}[normalisation]
    blocks = [
        nn.Sequential(nn.Linear(fan_in, width), norm(width), activation(), nn.Dropout(dropout))
        for fan_in, width in pairwise(sizes[:-1])
    ]
    net = nn.Sequential(*blocks, nn.Linear(sizes[-2], sizes[-1]))
    for layer in net.modules():
        if isinstance(layer, nn.Linear) and initialisation != "default":
            nn.init.zeros_(layer.bias)
            if initialisation == "zeros":
                nn.init.zeros_(layer.weight)
            elif initialisation == "xavier":  # Glorot and Bengio 2010: keep the variance forward and backward
                nn.init.xavier_uniform_(layer.weight)
            else:  # He et al. 2015: twice that, since ReLU switches half of the neurons off
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    return net


def optimiser(name: str, net: nn.Module, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """The rule that turns gradients into steps."""
    weights = net.parameters()
    if name == "rmsprop":
        return torch.optim.RMSprop(weights, lr=learning_rate, weight_decay=weight_decay)
    if name == "adam":
        return torch.optim.Adam(weights, lr=learning_rate, weight_decay=weight_decay)
    momentum = 0.9 if name == "momentum" else 0.0
    return torch.optim.SGD(weights, lr=learning_rate, momentum=momentum, weight_decay=weight_decay)


def loss_of(logits: Tensor, y: Tensor, kind: str) -> Tensor:
    """How wrong ``logits`` (N,) are about labels ``y`` (N,) in {0, 1}; the mean over the points."""
    if kind == "cross_entropy":
        return F.binary_cross_entropy_with_logits(logits, y)
    sign = 2 * y - 1  # (N,) in {-1, +1}
    if kind == "mse":
        return ((logits - sign) ** 2).mean()
    return F.relu(1 - sign * logits).mean()  # hinge: nothing to pay beyond the margin


def learn(net: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, loss: str, l1: float = 0.0) -> None:
    """One step: forward, backward, move."""
    net.train()
    objective = loss_of(net(x).squeeze(1), y, loss)  # x (B, D) → logits (B,)
    if l1:
        objective = objective + l1 * sum(w.abs().sum() for w in net.parameters())
    optimizer.zero_grad()
    objective.backward()
    optimizer.step()


@torch.no_grad()
def judge(net: nn.Module, x: Tensor, y: Tensor, loss: str) -> tuple[float, float]:
    """Loss and accuracy on ``x`` (N, D), ``y`` (N,), with dropout off."""
    net.eval()
    logits = net(x).squeeze(1)  # (N,)
    return loss_of(logits, y, loss).item(), ((logits > 0) == (y > 0)).float().mean().item()


# What a visitor sees of it.


def run(settings: Settings) -> Generator[Frame, Settings | None, None]:
    """Train for ever (or ``epochs``), one frame every ``speed`` steps; frame 0 is the network before learning.

    ``arrays``: ``x_train (N, 2)``, ``y_train (N,)``, ``x_val``, ``y_val``, ``surface (60, 60)`` the output in [0, 1],
    ``layer_0 (D, 20, 20)`` the inputs and ``layer_k (H, 20, 20)`` the k-th hidden layer's activations over the plane,
    ``weight_k (out, in)`` and ``bias_k (out,)`` of every linear layer.
    """
    points, labels = draw(TOY_SETS_BY_NAME[settings.dataset].draw, settings.points, settings.noise, settings.seed)
    held_out = round(len(points) * settings.test_share)
    x_all, y_all = inputs(points, FEATURES[settings.features]), torch.tensor(labels, dtype=torch.float32)
    x, y, x_val, y_val = x_all[held_out:], y_all[held_out:], x_all[:held_out], y_all[:held_out]
    if settings.normalisation == "batch" and settings.batch_size == 1:
        raise PlaygroundError("Batch normalisation needs at least 2 points a batch: raise the batch size from 1.")

    torch.manual_seed(settings.seed)
    sizes = (x.shape[1], *settings.hidden, 1)
    net = network(
        sizes, ACTIVATIONS[settings.activation], settings.normalisation, settings.dropout, settings.initialisation
    )
    optimizer = optimiser(settings.optimizer, net, settings.learning_rate, settings.weight_decay)
    drawn = _Drawn(points, labels, held_out, settings.features)
    step, epoch, queue = 0, 0, torch.empty(0, dtype=torch.long)
    while True:
        train_loss, train_accuracy = judge(net, x, y, settings.loss)
        val_loss, val_accuracy = judge(net, x_val, y_val, settings.loss)
        metrics = {
            "train_loss": train_loss,
            "val_loss": val_loss,
            "train_accuracy": train_accuracy,
            "val_accuracy": val_accuracy,
            "epoch": float(epoch),
        }
        if changed := (yield Frame(step, metrics, drawn.arrays(net, settings.loss))):
            settings = replace(settings, **{name: getattr(changed, name) for name in LIVE})
            _take_live(settings, net, optimizer)
        for _ in range(settings.speed):
            size = min(settings.batch_size, len(x))
            if len(queue) < size:  # a new epoch: every training point in a new order, a short rest dropped
                if settings.epochs and epoch == settings.epochs:
                    return
                queue, epoch = torch.randperm(len(x)), epoch + 1
            batch, queue = queue[:size], queue[size:]
            learn(net, optimizer, x[batch], y[batch], settings.loss, settings.l1)
            step += 1


def _take_live(settings: Settings, net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    for group in optimizer.param_groups:
        group["lr"], group["weight_decay"] = settings.learning_rate, settings.weight_decay
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = settings.dropout


class _Drawn:
    """Turns a network into the arrays of a frame; what does not change is made once."""

    def __init__(self, points: np.ndarray, labels: np.ndarray, held_out: int, features: str) -> None:
        axis = np.linspace(-SPAN, SPAN, SIDE)
        grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)  # (3600, 2), rows from the bottom up
        self.grid = inputs(grid, FEATURES[features])  # (3600, D)
        self.fixed = {
            "x_train": points[held_out:].astype(np.float32),
            "y_train": labels[held_out:].astype(np.uint8),
            "x_val": points[:held_out].astype(np.float32),
            "y_val": labels[:held_out].astype(np.uint8),
            "layer_0": _thumbs(self.grid),
        }

    @torch.no_grad()
    def arrays(self, net: nn.Sequential, loss: str) -> dict[str, np.ndarray]:
        net.eval()
        found = dict(self.fixed)
        hidden = self.grid  # (3600, D)
        for k, block in enumerate(list(net)[:-1], start=1):
            hidden = block(hidden)  # (3600, H)
            found[f"layer_{k}"] = _thumbs(hidden)
        logits = net[-1](hidden).squeeze(1)  # (3600,)
        output = torch.sigmoid(logits) if loss == "cross_entropy" else (logits.clamp(-1, 1) + 1) / 2
        found["surface"] = output.reshape(SIDE, SIDE).numpy()
        linear = [m for m in net.modules() if isinstance(m, nn.Linear)]
        for k, layer in enumerate(linear, start=1):
            found[f"weight_{k}"] = layer.weight.numpy().copy()
            found[f"bias_{k}"] = layer.bias.numpy().copy()
        return found


def _thumbs(columns: Tensor) -> np.ndarray:
    """(3600, C) values over the grid → (C, 20, 20), every third point."""
    return columns.T.reshape(-1, SIDE, SIDE)[:, ::THUMB, ::THUMB].numpy().copy()
