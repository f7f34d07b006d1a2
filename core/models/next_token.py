"""A language model as a classifier of its next token, so that what classifiers are asked can be asked of it too."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from core.device import device
from core.errors import PlaygroundError
from core.models.text_classifier import Encoding
from core.models.text_generator import TextGenerator

MAX_TOKENS = 64  # what stands before the token that is explained; every method reads it dozens of times
_BEGINS = "ĠĊ"  # how the tokenizer writes a space and a line break
_INSTEAD = "Word Shapley sampling shares out credit in the same sense."
_NAMES = {"\n": "new line", "\n\n": "empty line", "\t": "tab", "": "nothing"}


@dataclass(frozen=True)
class Written:
    """A token that the model wrote: what it adds to the text, its number, and its probability then."""

    text: str
    target: int
    prob: float


class NextToken:
    """Which token comes next? The face of `TextClassifier`, with the vocabulary as classes.

    A text is read behind the mark that parts documents in training, so that something is left to read when every word
    is hidden.

    Attributes:
        labels: V names of tokens, as a visitor reads them; `text_of` has them as they are.
        model: the language model of ``generator``, or another of its kind.
        refuses: methods that cannot serve it, each with the reason.
    """

    refuses: ClassVar[Mapping[str, str]] = {
        "Layer integrated gradients": "In 16-bit numbers its values miss the change in the logit many times over.",
        "Layer DeepLift": "Its rule does not cover this network: the values miss the change many times over.",
        "Word LIME": f"It takes minutes and over 1 GB for one token here. {_INSTEAD}",
        "Word KernelSHAP": f"It takes minutes and over 1 GB for one token here. {_INSTEAD}",
    }

    def __init__(self, generator: TextGenerator, model: Any = None) -> None:
        self.generator, self.card, self.lock = generator, generator.card, generator.lock
        self.model: Any = generator.model if model is None else model
        self.tokenizer: Any = generator.tokenizer
        self.embedding_layer: nn.Module = self.model.get_input_embeddings()
        self.mark: int = self.tokenizer.convert_tokens_to_ids("<|endoftext|>")
        self.pad_token_id = self.mask_token_id = self.mark

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """V names."""
        texts = self.tokenizer.batch_decode([[i] for i in range(self.model.config.vocab_size)])
        return tuple(text.strip() or _NAMES.get(text, "space") for text in texts)

    def over(self, model: Any) -> "NextToken":
        """The same with another network of this kind."""
        return NextToken(self.generator, model)

    def text_of(self, token_id: int) -> str:
        """A token as it is written, spaces and all."""
        return self.tokenizer.decode([token_id], clean_up_tokenization_spaces=False)

    def encode(self, text: str) -> Encoding:
        """The end of ``text``, up to 64 tokens; those of one word belong together.

        Raises:
            PlaygroundError: nothing to read.
        """
        if not text.strip():
            raise PlaygroundError("There is nothing to continue; write the beginning of a text.")
        ids = self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return self._encoding(ids[-MAX_TOKENS:], len(ids) > MAX_TOKENS)

    def extended(self, encoding: Encoding, token_id: int) -> Encoding:
        """``encoding`` with one more token."""
        return self._encoding([*encoding.input_ids[0, 1:].tolist(), token_id], encoding.truncated)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits ``(B, V)`` of the token after ``input_ids (B, T)``; differentiable in ``embedding_layer``'s output."""
        answer = self.model(input_ids=input_ids, attention_mask=attention_mask, logits_to_keep=1, use_cache=False)
        return answer.logits[:, -1].float()

    def probs(self, encoding: Encoding) -> Tensor:
        """``(V,)``: how likely each token is next."""
        with torch.inference_mode():
            return self.forward(encoding.input_ids, encoding.attention_mask)[0].softmax(0).cpu()

    def write(self, encoding: Encoding, count: int) -> list[Written]:
        """The likeliest next token, ``count`` times, or until the model ends."""
        written: list[Written] = []
        while len(written) < count:
            prob, target = self.probs(encoding).max(0)
            if int(target) in self.generator.end_ids or int(target) == self.mark:
                break
            written.append(Written(self.text_of(int(target)), int(target), float(prob)))
            encoding = self.extended(encoding, int(target))
        return written

    def _encoding(self, ids: list[int], truncated: bool) -> Encoding:
        input_ids = torch.tensor([[self.mark, *ids]], device=device())
        tokens = tuple(self.tokenizer.convert_ids_to_tokens([self.mark, *ids]))
        word_ids: list[int | None] = [None]
        word = -1
        for at, token in enumerate(tokens[1:]):
            word += at == 0 or token[0] in _BEGINS or not token[0].isalnum()  # so does a mark of punctuation
            word_ids.append(word)
        return Encoding(input_ids, torch.ones_like(input_ids), tokens, tuple(word_ids), truncated)
