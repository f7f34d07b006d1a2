"""A text network as a stock classifier: a sentence encoder over the mean of its tokens, or a classifier as it is."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.data.labelled import LabelledTexts
from core.device import device
from core.errors import PlaygroundError
from core.finetuning.backbone import TOKENS_AT_ONCE, Backbone
from core.finetuning.run import RANDOM
from core.models import ModelCard, hub
from core.models.catalog import TEXT_ENCODING
from core.models.mean_pooling import averaged, keep_layers, with_mean_pooling

BATCH = 32  # for answers; more is no quicker on a processor
MULTIPLE = 16  # tokens to which batches are padded: few lengths, so that blocks and compiled kernels serve again
SURE = 2 / 3  # of the layers are always used; a probe may leave out some of the others


class TextBackbone(Backbone):
    """BERT encoders of the catalog, what was made of them here, and DistilBERT classifiers.

    The upper layers of a sentence encoder forget what its own training did not ask for, so a probe may read the mean
    of the tokens from any layer of the last third.
    """

    answer_batch = BATCH
    low_precision = True

    def __init__(self, card: ModelCard, data: LabelledTexts, settings: Any, weights: str) -> None:
        self.card, self.data, self.weights, self.seed = card, data, weights, settings.seed
        self.max_seq_length: int = settings.max_seq_length
        self.model = self._model().to(device()).requires_grad_(False).eval()
        self.head = self.model.classifier = self.new_head(self.model.classifier)
        whole = len(self.blocks())
        self.depths = tuple(range(math.ceil(SURE * whole), whole + 1)) if self._averages else (whole,)
        self.tokenizer: Any = hub.load_tokenizer(card)
        self._ids = self._read(data.examples)

    def inputs(self, rows: Sequence[int]) -> dict[str, Tensor]:
        return self._padded([self._ids[row] for row in rows])

    def passes(self, rows: Sequence[int]) -> list[list[int]]:
        """Equal parts of at most `TOKENS_AT_ONCE` tokens with their padding, at least one text each."""
        longest = max(map(self.size, rows), default=0)
        count = math.ceil(len(rows) * longest / TOKENS_AT_ONCE) or 1
        size = math.ceil(len(rows) / count) or 1
        return [list(rows[at : at + size]) for at in range(0, len(rows), size)] or [[]]

    def features(self, inputs: dict[str, Tensor]) -> Tensor:
        with torch.inference_mode():
            if not self._averages:
                return self._read_by_head(inputs)
            states = self.model.bert(**inputs, output_hidden_states=True).hidden_states
            return torch.cat([averaged(states[depth], inputs["attention_mask"]) for depth in self.depths], 1)

    def features_of(self, texts: Sequence[str]) -> Tensor:
        """`features` of texts that are not among the examples, ``(N, F)``."""
        return self.features(self._padded(self._read(texts))).float().cpu().clone()

    def size(self, row: int) -> int:
        return _padded_length(len(self._ids[row]))

    def blocks(self) -> list[nn.Module]:
        if self._averages:
            return list(self.model.bert.encoder.layer[:-1])  # the very last one computes the mean and stays so
        return list(self.model.distilbert.transformer.layer)

    def top(self) -> list[nn.Module]:
        return [] if self._averages else [self.model.pre_classifier]

    def cut(self, depth: int) -> None:
        if depth < len(self.blocks()):
            keep_layers(self.model, depth)
            self.depths = (depth,)

    def settle(self, rows: Sequence[int]) -> None:
        pass  # layer norms need no statistics

    def save(self, folder: Path) -> None:
        self.model.save_pretrained(folder)
        self.tokenizer.model_max_length = self.max_seq_length  # so that it is cut elsewhere as it was in training
        self.tokenizer.save_pretrained(folder)

    @property
    def fingerprint(self) -> str:
        return self.fingerprint_of(str(self.max_seq_length))

    @property
    def _averages(self) -> bool:
        return self.model.config.model_type == "bert"

    def _model(self) -> Any:
        """The stock classifier, its last layer still to be replaced."""
        encodes = self.card.task == TEXT_ENCODING
        auto_class = "AutoModel" if encodes else "AutoModelForSequenceClassification"
        # With dropout the fused attention falls back to one in 32 bits that keeps a third more for its gradient.
        loaded: Any = hub.load_model(self.card, auto_class, attn_implementation="eager")
        kind = loaded.config.model_type
        if kind != "bert" and (encodes or kind != "distilbert"):
            raise PlaygroundError(f"{self.card.title} cannot be fine-tuned here; choose another model.")
        if self.weights == RANDOM:
            _forget(loaded, self.seed, keep=1 if kind == "bert" and not encodes else 0)
        return with_mean_pooling(loaded, self.data.labels) if encodes else loaded

    def _read(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenizer(list(texts), truncation=True, max_length=self.max_seq_length)["input_ids"]

    def _padded(self, ids: Sequence[list[int]]) -> dict[str, Tensor]:
        longest = _padded_length(max(map(len, ids)))
        input_ids = torch.full((len(ids), longest), self.tokenizer.pad_token_id)
        attention_mask = torch.zeros(len(ids), longest, dtype=torch.long)
        for place, own in enumerate(ids):
            input_ids[place, : len(own)] = torch.tensor(own)
            attention_mask[place, : len(own)] = 1
        return {"input_ids": input_ids.to(device()), "attention_mask": attention_mask.to(device())}

    def _read_by_head(self, inputs: dict[str, Tensor]) -> Tensor:
        caught: list[Tensor] = []
        hook = self.head.register_forward_pre_hook(lambda _, args: caught.append(args[0]))
        try:
            self.model(**inputs)
        finally:
            hook.remove()
        return caught[0]


def _padded_length(length: int) -> int:
    """The length of a batch whose longest text has ``length`` tokens."""
    return math.ceil(length / MULTIPLE) * MULTIPLE


def _forget(model: Any, seed: int, *, keep: int) -> None:
    """Draw all weights of ``model`` anew, except the last ``keep`` layers (which compute a mean) and the pooler."""
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        fresh = transformers.AutoModel.from_config(model.config)
    kept = tuple(f"encoder.layer.{model.config.num_hidden_layers - 1 - i}." for i in range(keep))
    kept = (*kept, "pooler.") if keep else kept
    model.base_model.load_state_dict(
        {name: tensor for name, tensor in fresh.state_dict().items() if not name.startswith(kept or "-")}, strict=False
    )
