"""One emoji from words, 20 steps, against the stock pipeline of `diffusers` with the same weights."""

import resource
from typing import Any

import numpy as np
import torch
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import StableDiffusionPipeline

from benchmarks.lines import Line, at_most, interleaved
from core.models import MODELS_BY_SLUG
from core.models.painter import Painter, Painting

CAPTION = "red apple"
MOST_SECONDS, MOST_MB = 3.0, 1200.0


def measure() -> list[Line]:
    """Both draw the same picture from the same noise; they may differ by rounding to bytes."""
    torch.set_num_threads(1)
    painter, painting = Painter.load(MODELS_BY_SLUG["text-to-emoji"]), Painting()
    ours, _ = interleaved(lambda: _draw(painter, painting), lambda: None, 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipeline = _stock(painter)
    noise = painter.noise(1, painting.seed)

    def theirs() -> np.ndarray:
        made = pipeline(
            CAPTION, num_inference_steps=painting.num_inference_steps, guidance_scale=painting.guidance_scale,
            latents=noise, output_type="np",
        )  # fmt: skip
        return made.images[0]  # pyright: ignore

    difference = float(np.abs(np.asarray(_draw(painter, painting), float) - 255 * theirs()).max())
    assert difference <= 1.0, f"pictures differ by {difference}"
    ours, reference = interleaved(lambda: _draw(painter, painting), theirs)
    note = f"{painting.num_inference_steps} steps, one thread; greatest difference {difference:.2g} of 255"
    return [
        at_most("emoji-sample", ours, reference, "s", 1.1, f"no slower than the stock pipeline; {note}"),
        at_most("emoji-sample: seconds", ours, MOST_SECONDS, "s", 1.0, "one picture of 64 × 64"),
        at_most("emoji-sample: memory", peak, MOST_MB, "MB", 1.0, "peak of a process that draws, encoder included"),
    ]


def _draw(painter: Painter, painting: Painting):
    *_, last = painter.paint([CAPTION], painting, show_every=painting.num_inference_steps)
    return last.guess[0]


def _stock(painter: Painter) -> StableDiffusionPipeline:
    painter.encoder.config.use_attention_mask = True
    painter.tokenizer.model_max_length = 16
    parts: dict[str, Any] = {
        "vae": painter.vae,
        "text_encoder": painter.encoder,
        "tokenizer": painter.tokenizer,
        "unet": painter.unet,
        "scheduler": painter.scheduler,
        "safety_checker": None,
        "feature_extractor": None,
    }
    pipeline = StableDiffusionPipeline(**parts, requires_safety_checker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
