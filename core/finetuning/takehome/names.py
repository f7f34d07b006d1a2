"""What leaves the server, by name, and how it is named."""

import re
from importlib import metadata

MODEL_FILES = (
    "model.safetensors",
    "config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
)
"""Of a model's folder: weights, names and numbers; never a pickle, never a file that we did not expect."""

ADAPTER_FILES = ("adapter_model.safetensors", "adapter_config.json")
_REQUIRED = {
    "image": ("torch", "transformers", "safetensors", "pillow"),
    "text": ("torch", "transformers", "safetensors"),
}


def file_name(title: str) -> str:
    """``title`` as a plain file name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "my-model"


def requirements(kind: str, *more: str) -> str:
    """The versions that this model was made and checked with, a line each."""
    return "".join(f"{name}=={metadata.version(name).split('+')[0]}\n" for name in (*_REQUIRED[kind], *more))
