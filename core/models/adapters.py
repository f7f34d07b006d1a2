"""Text classifiers of our own that come as a LoRA adapter: 0.7 MB beside the packaged sentence encoder.

Each ``weights/<name>`` holds peft's two files; the whole network is put together once, at the first use.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.models import hub, shipped
from core.models.mean_pooling import with_mean_pooling

Convert = Callable[[Path, Path], None]


def merge(name: str, source: Path, target: Path) -> None:
    """The encoder in ``source`` with the adapter ``name`` merged in, as a stock classifier in ``target``."""
    facts = shipped.facts(name)
    encoder, tokenizer = hub.read_encoder(source)
    hub.merged(with_mean_pooling(encoder, facts.labels), shipped.FOLDER / name).save_pretrained(target)
    tokenizer.model_max_length = facts.max_seq_length
    tokenizer.save_pretrained(target)


spam_or_ham: Convert = partial(merge, "spam-or-ham")
topics: Convert = partial(merge, "topics")
