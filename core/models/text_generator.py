"""A small language model that writes token by token, and tells how sure it was of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from core.device import device
from core.errors import PlaygroundError
from core.models import hub
from core.models.catalog import ModelCard
from core.models.sampling import Sampling, draw

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_PROMPT_TOKENS = 1024  # about two seconds of reading on one core
ALTERNATIVES = 5
_BROKEN = "\ufffd"  # how a tokenizer writes a character of which it has only some bytes


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; ``role`` is ``user`` or ``assistant``."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """What the model reads first: ``input_ids (1, T)``, and whether older text was left out to make it fit."""

    input_ids: Tensor
    cut: bool


@dataclass(frozen=True)
class Token:
    """One step of writing.

    Attributes:
        text: what it adds to the text; empty while a character still lacks bytes.
        prob: its probability under the model itself (temperature 1, nothing cut away).
        entropy: of that distribution, in bits: 0 means certain, 15.6 means no idea (all 49,152 alike).
        alternatives: the likeliest tokens and their probabilities, likeliest first.
        token_id: its number in the vocabulary.
    """

    text: str
    prob: float
    entropy: float
    alternatives: tuple[tuple[str, float], ...]
    token_id: int


class TextGenerator:
    """A causal language model, shared by all visitors.

    Attributes:
        card: its row in the catalog.
        lock: held by whoever puts hooks on ``model``; writing needs no lock, its memory is its own.
        model, tokenizer: the stock `transformers` pair; 16-bit weights.
    """

    def __init__(self, card: ModelCard, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
        self.card = card
        self.model: Any = model.to(device()).requires_grad_(False)  # pyright: ignore[reportArgumentType]
        self.tokenizer: Any = tokenizer
        self.lock = RLock()
        ends = self.model.generation_config.eos_token_id
        self.end_ids = frozenset(ends if isinstance(ends, list) else [ends])

    @classmethod
    def load(cls, card: ModelCard) -> "TextGenerator":
        """The language model of ``card``; a second or two once it is converted.

        Raises:
            Unavailable: it cannot be had on this machine now.
        """
        return cls(card, hub.load_model(card, "AutoModelForCausalLM", dtype=torch.bfloat16), hub.load_tokenizer(card))

    def prompt(self, text: str | Sequence[Message]) -> Prompt:
        """``text`` to be continued, or a conversation to be answered, as tokens.

        Of a long text the end is kept; of a long conversation the last turns.

        Raises:
            PlaygroundError: nothing to continue, or a last turn that alone is too long.
        """
        if isinstance(text, str):
            if not text.strip():
                raise PlaygroundError("There is nothing to continue; write the beginning of a text.")
            ids = self._literal(text)
            return Prompt(torch.tensor([ids[-MAX_PROMPT_TOKENS:]]), len(ids) > MAX_PROMPT_TOKENS)
        if not text or not text[-1].content.strip():
            raise PlaygroundError("There is nothing to answer; ask something.")
        for first in range(len(text)):
            # A conversation begins with the visitor; a trimmed one too.
            if text[first].role == "user" and len(ids := self._conversation(text[first:])) <= MAX_PROMPT_TOKENS:
                return Prompt(torch.tensor([ids]), first > 0)
        raise PlaygroundError("That is more than the model reads at once; keep it under 700 words.")

    def stream(
        self,
        text: str | Sequence[Message],
        sampling: Sampling,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Iterator[Token]:
        """Write on from ``text`` (continue) or to a conversation (answer), one `Token` a step, until the model ends.

        Args:
            stopping: asked before every step; True ends the writing there.

        Raises:
            PlaygroundError: see `prompt`.
        """
        return self._steps(self.prompt(text).input_ids, sampling, stopping)

    def _steps(self, input_ids: Tensor, sampling: Sampling, stopping: Callable[[], bool]) -> Iterator[Token]:
        from transformers import DynamicCache

        generator = torch.Generator().manual_seed(sampling.seed)
        memory = DynamicCache(config=self.model.config)
        held: list[int] = []  # tokens of a character that is not whole yet
        for _ in range(sampling.max_new_tokens):
            if stopping():
                return
            # Inference mode is a property of the thread: it must end before the caller gets the token.
            with torch.inference_mode():
                outputs = self.model(
                    input_ids=input_ids.to(device()), past_key_values=memory, use_cache=True, logits_to_keep=1
                )
                logits = outputs.logits[0, -1].float().cpu()  # (V,)
                token_id = draw(logits, sampling, generator)
                if token_id in self.end_ids:
                    return
                held.append(token_id)
                text = self._decode(held)
                yielded = self._token(logits, token_id, "" if text.endswith(_BROKEN) else text)
            if yielded.text:
                held = []
            yield yielded
            input_ids = torch.tensor([[token_id]])

    def _token(self, logits: Tensor, token_id: int, text: str) -> Token:
        log_probs = logits.log_softmax(0)
        probs = log_probs.exp()
        top = probs.topk(ALTERNATIVES)
        alternatives = tuple((self._decode([int(i)]), float(p)) for p, i in zip(top.values, top.indices, strict=True))
        entropy = float(-(probs * log_probs).nan_to_num().sum()) / torch.log(torch.tensor(2.0)).item()
        return Token(text, float(probs[token_id]), max(entropy, 0.0), alternatives, token_id)

    def _decode(self, ids: list[int]) -> str:
        # Spaces are part of the text here: tidying them up would change what the pieces add up to.
        return self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def _conversation(self, messages: Sequence[Message]) -> list[int]:
        """The chat template around ``messages``; what a visitor wrote never counts as a mark of the template."""
        marks = [f"\x00{i}\x00" for i in range(len(messages))]
        turns = [{"role": m.role, "content": mark} for m, mark in zip(messages, marks, strict=True)]
        rest = self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        ids: list[int] = []
        for message, mark in zip(messages, marks, strict=True):
            frame, _, rest = rest.partition(mark)
            ids += self.tokenizer(frame, add_special_tokens=False)["input_ids"] + self._literal(message.content)
        return ids + self.tokenizer(rest, add_special_tokens=False)["input_ids"]

    def _literal(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"]
