"""The lesson itself: a wider last layer, scenes with the new thing in them, measured on scenes never learned from."""

import copy
import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core import checkpoint
from core.data import scenes
from core.data.scenes import Scene
from core.device import device, is_good_at_bf16
from core.errors import PlaygroundError
from core.finetuning import teach, things
from core.models import ModelCard, hub

SIDE, BATCH, MOST, SCALE = 96, 12, 4, (0.28, 0.62)
NEW_SHARE = 0.6  # of the scenes, show the new thing
LEARNING_RATE, WARMUP, WEIGHT_DECAY = 6e-4, 20, 0.01
BACKGROUND_WEIGHT = 0.4  # it covers most of every scene
LOOK_EVERY, LOOKS, TESTS = 30, 24, 80  # steps; scenes on the way; scenes before and after
TRAINED_BY, JUDGED_BY = "noto", "twemoji"
FILE = "lesson.safetensors"


class Lesson:
    """One thing being taught to one network; it goes on where its checkpoint stands.

    Attributes:
        labels: all names, the new one last.
        before: what the network could do; see `judge`.
        history: ``step``, ``loss``, ``new`` and ``old`` (intersection over union on the way), each time measured.
        best_step: whose weights `judge` and `save` speak of.
        spent: seconds of earlier attempts.
    """

    def __init__(self, card: ModelCard, params: dict[str, Any], inputs: Path, folder: Path) -> None:
        self.card, self.inputs, self.file = card, inputs, folder / FILE
        self.model: Any = hub.load_model(card, "AutoModelForSemanticSegmentation", attn_implementation="eager")
        known = hub.label_names(self.model)
        self.name = teach.check_name(params["name"], card, known)
        self.labels = (*known, self.name)
        self.steps, self.seed = int(params["steps"]), int(params["seed"])
        self.pictures = _pictures(inputs)
        self.drawings = {vendor: self._drawings(vendor) for vendor in (TRAINED_BY, JUDGED_BY)}
        self.judged_on = self._judged_on()
        widen(self.model, self.labels)
        self.model.to(device())
        self.parameters = sum(p.numel() for p in self.model.parameters())
        # Batch norms keep the statistics of the long training, and nothing is dropped: that is evaluation mode.
        self.optimizer = torch.optim.AdamW(self.model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self.step, self.best_step, self.best_score, self.spent = 0, 0, -1.0, 0.0
        self.before: dict[str, float] = {}
        self.history: list[dict[str, float]] = []
        self.best = copy.deepcopy(self.model.state_dict())
        checkpoint.load(self.file, self._resume)

    def learn(self, stopping: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Steps until they are done or Stop comes; a record for each."""
        clock = time.perf_counter()
        if not self.before:
            yield {"phase": "before", "fraction": 0.0}
            self.before = self.judge()
        mean = self.history[-1]["loss"] if self.history else 0.0
        while self.step < self.steps and not stopping():
            loss = self._update()
            mean = 0.9 * mean + 0.1 * loss if mean else loss
            self.step += 1
            if self.step % LOOK_EVERY == 0 or self.step == self.steps:
                self._look(mean)
                self._keep(time.perf_counter() - clock)
            yield {
                "phase": "learning",
                "fraction": 0.97 * self.step / self.steps,
                "step": self.step,
                "loss": mean,
                "history": self.history,
            }

    def judge(self) -> dict[str, float]:
        """Intersection over union of the ``new`` thing and the mean of the ``old`` ones, with the best weights."""
        now = self.model.state_dict()
        self.model.load_state_dict(self.best)
        found = self._measured(10**6, JUDGED_BY, TESTS)
        self.model.load_state_dict(now)
        return found

    def save(self, folder: Path) -> None:
        """The best weights as a stock folder."""
        self.model.load_state_dict(self.best)
        self.model.save_pretrained(folder)
        shutil.copyfile(hub.locate(self.card) / "preprocessor_config.json", folder / "preprocessor_config.json")

    def _update(self) -> float:
        some = self._scenes(self.step, TRAINED_BY, BATCH)
        share = min((self.step + 1) / WARMUP, 0.5 + 0.5 * math.cos(math.pi * self.step / self.steps) + 0.02)
        for group in self.optimizer.param_groups:
            group["lr"] = LEARNING_RATE * share
        with torch.autocast(device().type, torch.bfloat16, enabled=is_good_at_bf16()):
            logits = self.model(pixel_values=pixels_of(some)).logits
        loss = loss_of(logits.float(), some)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        value = float(loss.detach())
        if not math.isfinite(value):
            raise PlaygroundError("The loss grew beyond all numbers; try another seed.")
        return value

    def _look(self, loss: float) -> None:
        found = self._measured(2 * 10**6, TRAINED_BY, LOOKS)
        self.history = [*self.history, {"step": self.step, "loss": loss, **found}]
        score = found["new"] + found["old"]
        if score >= self.best_score:
            self.best_step, self.best_score = self.step, score
            self.best = copy.deepcopy(self.model.state_dict())

    def _measured(self, first: int, vendor: str, count: int) -> dict[str, float]:
        size = len(self.labels)
        hits = np.zeros((size, size))
        for number in range(0, count, BATCH):
            some = self._scenes(first + number, vendor, min(BATCH, count - number))
            with torch.inference_mode():
                logits = self.model(pixel_values=pixels_of(some)).logits.float()
                logits = F.interpolate(logits, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
            given = logits.argmax(1).cpu().numpy()
            np.add.at(hits, (np.stack([one.mask for one in some]).ravel(), given.ravel()), 1)
        union = hits.sum(0) + hits.sum(1) - hits.diagonal()
        iou = hits.diagonal() / np.maximum(union, 1)
        old = [iou[kind] for kind in range(1, size - 1) if hits[kind].sum()]
        return {"new": round(float(iou[-1]), 4), "old": round(float(np.mean(old)) if old else 0.0, 4)}

    def _scenes(self, number: int, vendor: str, count: int) -> list[Scene]:
        """The same for the same ``number``, so that a run that was killed sees what it would have seen."""
        dice = np.random.default_rng((self.seed, number))
        new = len(self.labels) - 2  # scenes count things from 0, masks from 1
        made = []
        for _ in range(count):
            things_on_it = dice.integers(0, new, int(dice.integers(1, MOST + 1))).tolist()
            if dice.random() < NEW_SHARE:
                things_on_it[int(dice.integers(len(things_on_it)))] = new
            drawings = self.drawings[vendor]
            made.append(scenes.scene(dice, drawings, SIDE, len(things_on_it), SCALE, things_on_it, tries=4))
        return made

    def _drawings(self, vendor: str) -> list[tuple[Image.Image, ...]]:
        """As many rows as there are pictures of the new thing: each with one of them behind what it knows."""
        shipped, taught = scenes.shipped(vendor), things.read(self.inputs, self.labels)
        known = tuple(shipped[name] if name in shipped else taught[name][-1] for name in self.labels[1:-1])
        held_out = self.inputs / teach.HELD_OUT
        new = self.pictures
        if vendor == JUDGED_BY and held_out.is_file():
            with Image.open(held_out, formats=("PNG",)) as opened:
                new = [opened.convert("RGBA")]
        return [(*known, picture) for picture in new]

    def _judged_on(self) -> str:
        held_out = (self.inputs / teach.HELD_OUT).is_file()
        new = "a picture of it that it never saw" if held_out else "the same pictures of it, in new places"
        return f"{TESTS} scenes that it never saw: what it knew in Twemoji's drawings, and {new}"

    def _keep(self, seconds: float) -> None:
        tensors = {f"now {name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"best {name}": tensor for name, tensor in self.best.items()}
        for name, parameter in self.model.named_parameters():
            for moment, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"{moment} {name}"] = value
        facts = {key: getattr(self, key) for key in ("step", "best_step", "best_score", "before", "history")}
        facts["spent"] = self.spent + seconds
        plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        checkpoint.save(self.file, lambda path: save_file(plain, path, {"facts": json.dumps(facts)}))

    def _resume(self, path: Path) -> None:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["facts"])
            held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        self.model.load_state_dict(_part(held, "now "))
        self.best = _part(held, "best ")
        for name, parameter in self.model.named_parameters():
            moments = {m: held[f"{m} {name}"] for m in ("exp_avg", "exp_avg_sq", "step") if f"{m} {name}" in held}
            if moments:
                self.optimizer.state[parameter] = {
                    m: value if m == "step" else value.to(parameter.device) for m, value in moments.items()
                }
        for key, value in facts.items():
            setattr(self, key, value)


def widen(model: Any, labels: tuple[str, ...]) -> None:
    """Give ``model`` one more class: its last layer a row that says nothing yet, its configuration the name."""
    old = model.decode_head.classifier  # (K, C, 1, 1)
    new = nn.Conv2d(old.in_channels, len(labels), kernel_size=1)
    with torch.no_grad():
        new.weight[:-1], new.bias[:-1] = old.weight, old.bias  # pyright: ignore[reportOptionalSubscript]
        # Between all others: no pixel is the new thing at first, and every row can move away from it.
        new.weight[-1], new.bias[-1] = old.weight[1:].mean(0), old.bias[1:].mean()  # pyright: ignore[reportOptionalSubscript]
    model.decode_head.classifier = new
    model.config.id2label = dict(enumerate(labels))
    model.config.label2id = {name: at for at, name in enumerate(labels)}
    model.requires_grad_(True).eval()


def pixels_of(some: list[Scene]) -> Tensor:
    """``(N, 3, SIDE, SIDE)`` in -1 … 1, as the network's processor makes them."""
    pixels = torch.from_numpy(np.stack([one.pixels for one in some])).permute(0, 3, 1, 2)
    return (pixels.float() / 127.5 - 1).contiguous().to(device())


def loss_of(logits: Tensor, some: list[Scene]) -> Tensor:
    """Cross-entropy of every second pixel each way, background counting less; ``logits (N, K, SIDE/4, SIDE/4)``."""
    half = F.interpolate(logits, scale_factor=2, mode="bilinear", align_corners=False)
    masks = torch.from_numpy(np.stack([one.mask[1::2, 1::2] for one in some])).long().to(logits.device)
    weights = torch.ones(logits.shape[1], device=logits.device)
    weights[0] = BACKGROUND_WEIGHT
    # Classes last: the same over another dimension takes many times as long.
    return F.cross_entropy(half.permute(0, 2, 3, 1).flatten(0, 2), masks.flatten(), weight=weights)


def _part(held: dict[str, Tensor], mark: str) -> dict[str, Tensor]:
    return {name.removeprefix(mark): tensor.to(device()) for name, tensor in held.items() if name.startswith(mark)}


def _pictures(inputs: Path) -> list[Image.Image]:
    found = []
    for at in range(teach.MOST_PICTURES):
        if (inputs / teach.NEW.format(at)).is_file():
            with Image.open(inputs / teach.NEW.format(at), formats=("PNG",)) as opened:
                found.append(opened.convert("RGBA"))
    if not found:
        raise PlaygroundError("There is no picture of the new thing; give at least one.")
    return found
