"""Judge what ``recipes.emoji_diffusion`` has learned and ship it: ``python -m recipes.text_to_emoji`` (minutes).

A network of photos that never saw an emoji drawn by us judges, against the drawings of a vendor that neither the
autoencoder nor the denoiser saw: is the right name found among twenty, is the group right, how much of the variety of
real drawings is there (coverage, Naeem et al., 2020). Real drawings in place of ours show how well that can go.
"""

import json
from dataclasses import replace
from functools import cache

import numpy as np
from diffusers import DDIMScheduler
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from core.device import share_machine
from core.finetuning.metrics import wilson
from core.models import MODELS_BY_SLUG, shipped
from core.models.image_classifier import ImageClassifier
from core.models.ours import TEXT_TO_EMOJI
from core.models.painter import PICTURES, Painter, Painting
from core.models.shipped import Facts, Figure
from recipes import emoji_autoencoder, emoji_diffusion, emoji_pictures, shipping
from recipes.denoising import SCHEDULE
from recipes.emoji_diffusion import VENDOR

JUDGE = "twemoji"
AMONG, EACH, NEIGHBOURS, BATCH = 20, 500, 5, 25
SMALL = 32  # pixels of the pictures that ship
HOW = Painting(guidance_scale=3.0, num_inference_steps=20)


def main() -> None:
    """Write the weights, judge what was written, then write the facts."""
    share_machine()
    known = emoji_diffusion.examples()
    painter, seconds = _save(known)
    facts = Facts(
        recipe="python -m recipes.text_to_emoji",
        data=f"{int(known.train.sum()):,} drawings of Fluent Flat (Microsoft, MIT) with their names (emojibase, MIT)",
        labels=(),
        max_seq_length=0,
        seconds=seconds,
        machine=shipping.machine(("torch", "transformers", "diffusers")),
        figures=tuple(figures(painter, known)),
    )
    shipping.write_facts(TEXT_TO_EMOJI.shipped, facts)


def _save(known: emoji_diffusion.Examples) -> tuple[Painter, int]:
    """Write the parts as `diffusers` lays them out, in half precision; what ships, and how long training took."""
    folder = shipped.FOLDER / TEXT_TO_EMOJI.shipped
    autoencoder, denoiser = emoji_autoencoder.trainee(), emoji_diffusion.trainee()
    autoencoder.average.register_to_config(scaling_factor=known.scale)  # pyright: ignore
    scheduler = DDIMScheduler(**SCHEDULE, clip_sample=False, timestep_spacing="trailing", steps_offset=1)
    vae, unet = autoencoder.average.half(), denoiser.average.half()
    for name, part in {"vae": vae, "unet": unet, "scheduler": scheduler}.items():
        part.save_pretrained(folder / name)  # pyright: ignore
    parts = {
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "scheduler": ["diffusers", "DDIMScheduler"],
    }
    index = {"_class_name": "StableDiffusionPipeline", **parts}
    (folder / "model_index.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    emoji = emoji_pictures.load(VENDOR)
    rows = known.rows[known.train]
    small = [
        np.asarray(Image.fromarray(emoji["images"][row]).resize((SMALL, SMALL), Image.Resampling.BOX)) for row in rows
    ]
    np.savez_compressed(folder / PICTURES, images=np.stack(small), names=emoji["names"][rows])
    print(f"{denoiser.step} steps after {autoencoder.step} of the autoencoder")
    reader = emoji_diffusion.Reader()
    painter = Painter(TEXT_TO_EMOJI, unet.float(), vae.float(), scheduler, reader.model, reader.tokenizer)
    return painter, round(autoencoder.seconds + denoiser.seconds)


def figures(painter: Painter, known: emoji_diffusion.Examples) -> list[Figure]:
    """What the judge finds."""
    real, judge = emoji_pictures.load(VENDOR), emoji_pictures.load(JUDGE)
    place = {str(code): row for row, code in enumerate(judge["hexcodes"])}
    pairs = [
        (i, place[str(real["hexcodes"][row])]) for i, row in enumerate(known.rows) if real["hexcodes"][row] in place
    ]
    usable = [(i, there) for i, there in pairs if str(judge["groups"][there]) in emoji_diffusion.GROUPS]
    theirs = features([Image.fromarray(judge["images"][there]) for _, there in usable])
    groups = judge["groups"][[there for _, there in usable]]
    reader = LogisticRegression(C=10.0, max_iter=2000).fit(theirs, groups)
    learned = np.array([known.train[i] for i, _ in usable])
    dice = np.random.default_rng(0)
    seen = dice.choice(np.flatnonzero(learned), EACH, replace=len(np.flatnonzero(learned)) < EACH)
    unseen = np.resize(np.flatnonzero(~learned), EACH)
    found = []
    new = f"{len(np.flatnonzero(~learned))} names that it never saw"
    for what, chosen in (("names that it learned", seen), (new, unseen)):
        captions = [known.captions[usable[at][0]] for at in chosen]
        ours = features(painted(painter, captions))
        measure = f"found as the right one of {AMONG}"
        found.append(_share(f"pictures of {what}", retrieved(ours, theirs, chosen), 1 / AMONG, measure))
        if what == "names that it learned":
            right = reader.predict(ours) == groups[chosen]
            largest = np.unique(groups, return_counts=True)[1].max() / len(groups)
            found.append(_share(f"pictures of {what}", right, float(largest), "put into the right group of six"))
            drawings = features([Image.fromarray(real["images"][known.rows[usable[at][0]]]) for at in chosen])
            found.append(_share("true drawings instead", retrieved(drawings, theirs, chosen), 1 / AMONG, measure))
            found.append(_share("true drawings", covered(drawings, ours), 0.0, "of their variety covered"))
    return found


def painted(painter: Painter, captions: list[str]) -> list[Image.Image]:
    """A picture of each caption."""
    images: list[Image.Image] = []
    for start in range(0, len(captions), BATCH):
        *_, last = painter.paint(captions[start : start + BATCH], replace(HOW, seed=1000 + start), show_every=99)
        images += last.guess
    return images


@cache
def _network() -> ImageClassifier:
    return ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"])


def features(images: list[Image.Image]) -> np.ndarray:
    """Unit vectors ``(N, 1280)`` of a network that learned from photos."""
    network = _network()
    rows = [network.features(network.pixels(image))[0].numpy() for image in images]
    return normalize(np.stack(rows))


def retrieved(ours: np.ndarray, theirs: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Whether the drawing of the right name is the most alike of `AMONG`, the others drawn by chance."""
    dice = np.random.default_rng(0)
    right = []
    for mine, at in zip(ours, chosen, strict=True):
        others = dice.choice(np.delete(np.arange(len(theirs)), at), AMONG - 1, replace=False)
        right.append(mine @ theirs[at] > (theirs[others] @ mine).max())
    return np.array(right)


def covered(real: np.ndarray, ours: np.ndarray) -> np.ndarray:
    """Whether a picture of ours lies nearer to each real one than its fifth neighbour among the real ones."""
    radius = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(real).kneighbors(real)[0][:, -1]
    nearest = NearestNeighbors(n_neighbors=1).fit(ours).kneighbors(real)[0][:, 0]
    return nearest <= radius


def _share(what: str, right: np.ndarray, chance: float, measure: str) -> Figure:
    hits = int(right.sum())
    return shipping.figure(what, hits / len(right), wilson(hits, len(right)), chance, len(right), measure)


if __name__ == "__main__":
    main()
