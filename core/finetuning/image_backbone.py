"""A picture classifier whose last layer is replaced."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.data.augmentation import augment
from core.data.labelled import LabelledImages, decode
from core.device import device
from core.finetuning.backbone import Backbone
from core.finetuning.run import RANDOM
from core.models import ModelCard, hub
from core.models.image_classifier import ImageClassifier

BATCH = 16  # for answers; more is no quicker on a processor
SETTLING = 128  # pictures that tell batch norms of a random network how large its activations are
# Where the blocks are, by model type, in the order in which the input passes them, and what follows them.
_BLOCKS = {"efficientnet": "encoder.blocks", "resnet": "encoder.stages", "convnext": "encoder.stages", "vit": "layers"}
_TOPS = {"efficientnet": ("encoder.top_conv", "encoder.top_bn"), "vit": ("layernorm",), "convnext": ("layernorm",)}
_STEMS = {"efficientnet": ("embeddings",), "resnet": ("embedder",), "convnext": ("embeddings",)}


class ImageBackbone(Backbone):
    """A picture classifier whose last layer is replaced."""

    answer_batch = BATCH
    depths = (0,)
    low_precision = False  # grouped convolutions gain nothing from it

    def __init__(self, card: ModelCard, data: LabelledImages, settings: Any, weights: str) -> None:
        self.card, self.data, self.weights, self.seed = card, data, weights, settings.seed
        self.augmentation: str = getattr(settings, "augmentation", "none")
        self.classifier = ImageClassifier.load(card)
        if weights == RANDOM:
            self.classifier = ImageClassifier(
                card, _random(self.classifier.model, self.seed), self.classifier.preprocessing
            )
        self.model: Any = self.classifier.model
        old = self.model.classifier
        self.head = self.new_head(old[-1] if isinstance(old, nn.Sequential) else old)  # pyright: ignore
        if isinstance(old, nn.Sequential):
            old[-1] = self.head
        else:
            self.model.classifier = self.head

    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        return self._inputs(rows, lambda row, image: image)

    def training_inputs(self, rows: Sequence[int], seed: int) -> dict[str, Tensor]:
        return self._inputs(rows, lambda row, image: augment(image, self.augmentation, random.Random(f"{seed} {row}")))

    def _inputs(self, rows: Sequence[int], change: Any) -> dict[str, Tensor]:
        assert isinstance(self.data, LabelledImages)
        pixels = [self.classifier.pixels(change(row, decode(self.data.examples[row]))) for row in rows]
        return {"pixel_values": torch.cat(pixels).contiguous(memory_format=torch.channels_last)}

    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.classifier.features(inputs["pixel_values"])

    def size(self, row: int) -> int:
        return 0

    def blocks(self) -> list[nn.Module]:
        return list(self.model.base_model.get_submodule(_BLOCKS[self.model.config.model_type]))

    def top(self) -> list[nn.Module]:
        return self._parts(_TOPS)

    def body(self) -> list[nn.Module]:
        return [*self._parts(_STEMS), *super().body()]

    def settle(self, rows: Sequence[int]) -> None:
        """Set the statistics of batch norms, without which a random network answers almost the same to anything."""
        norms = [module for module in self.model.modules() if isinstance(module, nn.BatchNorm2d)]
        if self.weights != RANDOM or not norms:
            return
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # plain means over what comes now
            norm.train()
        some = random.Random(self.seed).sample(list(rows), min(SETTLING, len(rows)))
        with torch.inference_mode():
            for start in range(0, len(some), BATCH):
                self.model(**self.inputs(some[start : start + BATCH]))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()
        self.classifier = ImageClassifier(self.card, self.model, self.classifier.preprocessing)

    def save(self, folder: Path) -> None:
        self.model.to(memory_format=torch.contiguous_format).save_pretrained(folder)
        hub.load_image_processor(self.card).save_pretrained(folder)

    @property
    def fingerprint(self) -> str:
        return self.fingerprint_of(repr(self.classifier.preprocessing))

    def _parts(self, table: dict[str, tuple[str, ...]]) -> list[nn.Module]:
        base = self.model.base_model
        return [base.get_submodule(name) for name in table.get(self.model.config.model_type, ())]


def _random(model: Any, seed: int) -> Any:
    """A network like ``model`` that has learned nothing; gates that are one for every input stay so."""
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fresh: Any = transformers.AutoModelForImageClassification.from_config(model.config)
        for module in fresh.modules():
            # As He et al. (2015) do; the library draws both with a deviation of 0.02, and the signal dies on its way.
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            if isinstance(module, nn.BatchNorm2d):
                nn.init.ones_(module.weight)
                nn.init.zeros_(module.bias)
    for (name, module), twin in zip(model.named_modules(), fresh.modules(), strict=True):
        if name.endswith("squeeze_excite") and not module.expand.weight.any():
            twin.load_state_dict(module.state_dict())
    return fresh.to(device()).eval()
