"""Text and token classifiers of our own that come as a LoRA adapter: 0.7 MB beside the packaged sentence encoder.

Each ``weights/<name>`` holds peft's two files; the whole network is put together once, at the first use.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from core.models import hub, shipped
from core.models.mean_pooling import with_mean_pooling
from core.models.token_head import with_token_head

Convert = Callable[[Path, Path], None]
Head = Callable[..., Any]
"""``head(encoder, labels)``: a stock model around the encoder, whose last layer the adapter brings."""


def merge(name: str, source: Path, target: Path, head: Head = with_mean_pooling) -> None:
    """The encoder in ``source`` with ``head`` and the adapter ``name`` merged in, as a stock model in ``target``."""
    facts = shipped.facts(name)
    encoder, tokenizer = hub.read_encoder(source)
    hub.merged(head(encoder, facts.labels), shipped.FOLDER / name).save_pretrained(target)
    tokenizer.model_max_length = facts.max_seq_length
    tokenizer.save_pretrained(target)


spam_or_ham: Convert = partial(merge, "spam-or-ham")
topics: Convert = partial(merge, "topics")
details: Convert = partial(merge, "details", head=with_token_head)
