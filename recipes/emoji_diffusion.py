"""Text to emoji, by latent diffusion: ``python -m recipes.emoji_diffusion [MINUTES]``, after ``emoji_autoencoder``.

Frozen MiniLM reads the name, token by token; a small UNet learns to take the noise out of the autoencoder's 8 × 8 × 8
numbers while it looks at those tokens. All parts fit the pipeline of Stable Diffusion (Rombach et al., 2022).
v-prediction (Salimans and Ho, 2022), cosine schedule (Nichol and Dhariwal, 2021), min-SNR weights (Hang et al., 2023),
10 % empty names for classifier-free guidance (Ho and Salimans, 2022).
"""

import sys
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from torch import Tensor

from core.device import share_machine
from core.models import MODELS_BY_SLUG, hub
from core.models.painter import READER, TOKENS
from recipes import emoji_autoencoder, emoji_pictures
from recipes.denoising import SCHEDULE, loss_of
from recipes.training import Trainee

STEPS, BATCH, LEARNING_RATE = 16_000, 32, 6e-4
EMPTY_SHARE = 0.1
GROUPS = (
    "smileys & emotion",
    "animals & nature",
    "food & drink",
    "travel & places",
    "activities",
    "objects",
)
HELD_OUT = 20  # every 20th concept is never trained on
VENDOR = "fluent"


@dataclass(frozen=True)
class Examples:
    """Latents ``(N, 8, 8, 8)`` of unit deviation, captions, whether each is for training, and the pictures' rows."""

    latents: Tensor
    captions: tuple[str, ...]
    train: np.ndarray
    scale: float
    rows: np.ndarray


def build() -> UNet2DConditionModel:
    """The denoiser, untrained."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=8,
        out_channels=8,
        block_out_channels=(80, 112),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=384,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    unet.set_attn_processor(AttnProcessor())  # the fused one is slower on the way back
    return unet


def examples() -> Examples:
    """The pictures of the chosen groups through the autoencoder."""
    model = emoji_autoencoder.trainee().average
    emoji = emoji_pictures.load(VENDOR)
    rows = np.flatnonzero(np.isin(emoji["groups"], GROUPS))
    latents = []
    for row in rows:
        with torch.inference_mode():
            pixels = emoji_autoencoder.pixels_of(emoji["images"][row : row + 1])
            latents.append(model.encode(pixels).latent_dist.mode())  # pyright: ignore
    stacked = torch.cat(latents).clone()
    scale = 1 / float(stacked.std())
    train = np.array([is_train(str(emoji["hexcodes"][row])) for row in rows])
    return Examples(stacked * scale, tuple(map(str, emoji["names"][rows])), train, scale, rows)


def is_train(hexcode: str) -> bool:
    """Whether a concept may be learned; the others are for judging what the model makes of new names."""
    return int(hexcode.split("-")[0], 16) % HELD_OUT != 0


class Reader:
    """Frozen MiniLM: captions → token embeddings ``(B, TOKENS, 384)``."""

    def __init__(self) -> None:
        card = MODELS_BY_SLUG[READER]
        self.model = hub.load_model(card, "AutoModel")
        self.tokenizer = hub.load_tokenizer(card)

    def __call__(self, captions: list[str]) -> Tensor:
        read = self.tokenizer(captions, padding="max_length", truncation=True, max_length=TOKENS, return_tensors="pt")
        with torch.inference_mode():
            return self.model(**read).last_hidden_state.clone()  # pyright: ignore


def trainee() -> Trainee:
    """The denoiser where its last call left it."""
    return Trainee(build(), emoji_pictures.folder() / "emoji_diffusion.pt", LEARNING_RATE, ema=0.9995)


def main(minutes: float) -> None:
    """Train for so long."""
    share_machine()
    known = examples()
    reader = Reader()
    words = torch.cat([reader(list(known.captions[i : i + 64])) for i in range(0, len(known.captions), 64)])
    nothing = reader([""])
    rows = np.flatnonzero(known.train)
    print(f"{len(rows)} pictures to learn from, {len(known.captions) - len(rows)} held out", flush=True)
    learner, schedule = trainee(), DDPMScheduler(**SCHEDULE)

    def step(number: int) -> Tensor:
        dice = np.random.default_rng(number)
        batch = torch.from_numpy(dice.choice(rows, BATCH))
        nameless = torch.from_numpy(dice.random(BATCH) < EMPTY_SHARE)
        these = torch.where(nameless[:, None, None], nothing, words[batch])
        return loss_of(lambda noisy, when: learner.network(noisy, when, these).sample, schedule, known.latents[batch])

    learner.train(step, STEPS, 60 * minutes)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 120)
