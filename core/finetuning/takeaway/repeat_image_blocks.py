"""Its parts

What comes before the blocks, the blocks in the order in which a picture passes them, and what follows.
"""

from core.finetuning.takeaway.repeat_examples import examples
from core.finetuning.takeaway.repeat_image import pretrained
from core.finetuning.takeaway.repeat_settings import BLOCKS, STEM, TOP

body = pretrained.base_model
stem = [body.get_submodule(name) for name in STEM]
blocks = list(body.get_submodule(BLOCKS).children())
top = [body.get_submodule(name) for name in TOP]
sizes = [0] * len(examples)  # pictures are all alike


def passes(rows: list[int]) -> list[list[int]]:
    """The parts of a batch that go through the network one after another; pictures go together."""
    return [rows]
