"""A quantised language model from a GGUF file as 16-bit safetensors: slow once, then loads in a second."""

from pathlib import Path
from typing import Any

from core.models import hub


def convert_packaged(source: Path, folder: Path) -> None:
    """Expand the 4-bit blocks of ``source`` and save weights and tokenizer (about 20 s and 1.1 GB of memory)."""
    import torch

    loaded, tokenizer = hub.load_gguf(source.parent, source.name)
    model: Any = loaded
    # save_pretrained refuses a model that still says it is quantised; its weights no longer are.
    for name in ("hf_quantizer", "quantization_method"):
        if hasattr(model, name):
            delattr(model, name)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.is_quantized = False
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
