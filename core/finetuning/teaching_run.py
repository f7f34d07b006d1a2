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
from PIL import Image
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core import checkpoint
from core.data import scenes
from core.data.scenes import Scene
from core.device import device
from core.errors import PlaygroundError
from core.finetuning import teach, things
from core.finetuning.teaching_boxes import BOXES
from core.finetuning.teaching_masks import MASKS
from core.finetuning.teaching_skills import SIDE
from core.models import ModelCard, hub
from core.models.catalog import IMAGE_SEGMENTATION, OBJECT_DETECTION

BATCH, MOST, SCALE = 12, 4, (0.28, 0.62)
NEW_SHARE = 0.6  # of the scenes, show the new thing
LEARNING_RATE, WARMUP, WEIGHT_DECAY = 6e-4, 20, 0.01
LOOK_EVERY, LOOKS, TESTS = 30, 24, 80  # steps; scenes on the way; scenes before and after
TRAINED_BY, JUDGED_BY = "noto", "twemoji"
FILE = "lesson.safetensors"
SKILLS = {IMAGE_SEGMENTATION: MASKS, OBJECT_DETECTION: BOXES}


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
        self.skill = SKILLS[card.task]
        self.model: Any = hub.load_model(card, self.skill.auto_class, attn_implementation="eager")
        known = hub.label_names(self.model)
        self.name = teach.check_name(params["name"], card, known)
        self.labels = (*known, self.name)
        self.steps, self.seed = int(params["steps"]), int(params["seed"])
        self.pictures = _pictures(inputs)
        self.drawings = {vendor: self._drawings(vendor) for vendor in (TRAINED_BY, JUDGED_BY)}
        self.judged_on = self._judged_on()
        self.skill.widen(self.model, self.labels)
        self.model.to(device())
        self.parameters = sum(p.numel() for p in self.model.parameters())
        # Batch norms keep the statistics of the long training, and nothing is dropped: that is evaluation mode.
        self.optimizer = torch.optim.AdamW(self.model.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        self.step, self.best_step, self.best_score, self.spent = 0, 0, -1.0, 0.0
        self.before: dict[str, float] = {}
        self.history: list[dict[str, float]] = []
        self.best = copy.deepcopy(self.model.state_dict())
        checkpoint.load(self.file, self._resume)

    @property
    def things(self) -> int:
        """How many things it knows, the new one included."""
        return len(self.labels) - self.skill.first

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
        loss = self.skill.loss_of(self.model, some)
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
        batches = (self._scenes(first + at, vendor, min(BATCH, count - at)) for at in range(0, count, BATCH))
        return self.skill.measured(self.model, batches)

    def _scenes(self, number: int, vendor: str, count: int) -> list[Scene]:
        """The same for the same ``number``, so that a run that was killed sees what it would have seen."""
        dice = np.random.default_rng((self.seed, number))
        new = self.things - 1  # scenes count things from 0
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
        names = self.labels[self.skill.first : -1]
        known = tuple(shipped[name] if name in shipped else taught[name][-1] for name in names)
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
