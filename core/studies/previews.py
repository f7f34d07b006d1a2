"""What Home shows of every page: one real result each, computed from a sample on this machine.

`python -m core.studies.previews` computes them one after another in a process of its own, so that Home opens at
once and the app holds no model for it. Each is written as soon as it is there and kept until the code changes.
"""

import base64
import io
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from PIL import Image

from core import config, device

VERSION = 1  # raise it when a preview changes
SIZE = (480, 300)


@dataclass(frozen=True)
class Preview:
    """One finished result.

    Attributes:
        caption: what was found, with its figure.
        alt: the picture in words.
        picture: data URL of a PNG or an animated WebP, ``SIZE`` pixels; empty where ``html`` stands instead.
        html: coloured words, already escaped.
        query: the address's parameters that open the page on this very result.
        seconds: what it cost on this machine, loading included.
    """

    caption: str
    alt: str
    picture: str = ""
    html: str = ""
    query: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def folder() -> Path:
    """Where the finished previews lie."""
    return config.home() / "previews" / str(VERSION)


def load(slug: str) -> Preview | None:
    """The preview of a page if it has been computed."""
    path = folder() / f"{slug}.json"
    return Preview(**json.loads(path.read_text())) if path.exists() else None


def vision() -> Preview:
    """A cat, and what the network calls it."""
    from core.models import MODELS_BY_SLUG
    from core.models.image_classifier import ImageClassifier

    cat = _sample("cat")
    answer = ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"]).predict(cat)
    caption = f"{answer.labels[0]}, {answer.probs[0]:.0%}"
    alt = f"A photograph; the network's answer is {caption}."
    return Preview(caption, alt, _png(_crop(cat)), query={"picture": "cat"})


def explainability() -> Preview:
    """Where the network looked, by Grad-CAM."""
    from core.attribution import METHODS_BY_NAME, explain
    from core.models import MODELS_BY_SLUG
    from core.models.image_classifier import ImageClassifier
    from core.plots import heatmap

    classifier = ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"])
    rocket = _sample("rocket")
    pixels = classifier.pixels(rocket)
    answer = classifier.predict(rocket)
    found = explain(classifier, METHODS_BY_NAME["Grad-CAM"], pixels, answer.targets[0])
    shown = heatmap.overlay(classifier.seen(rocket), found.maps[0].numpy(), signed=True)
    caption = f"why {answer.labels[0]}: Grad-CAM in {found.seconds:.2f} s"
    alt = f"The picture in grey, with orange where it argues for {answer.labels[0]}."
    return Preview(caption, alt, _png(_crop(shown.image)), query={"picture": "rocket"})


def training() -> Preview:
    """A decision surface as it forms, in one second of training."""
    from core.labs import LABS_BY_SLUG
    from core.plots import surfaces

    lab = LABS_BY_SLUG["playground"]
    run = lab.run(lab.settings())
    frames = [next(run) for _ in range(160)]
    moving = [surfaces.picture(frame.arrays, SIZE) for frame in frames[::6]]
    last = frames[-1].metrics["val_accuracy"]
    caption = f"{last:.0%} of unseen points right after {frames[-1].step:,} steps"
    return Preview(caption, "A decision surface that bends around two spirals as it learns.", _webp(moving))


BUILDERS: dict[str, Callable[[], Preview]] = {
    "vision": vision,
    "explainability": explainability,
    "training": training,
}


def build(slugs: Iterable[str] = BUILDERS) -> None:
    """Compute and write what is missing."""
    folder().mkdir(parents=True, exist_ok=True)
    for slug in slugs:
        if load(slug) is None:
            start = time.perf_counter()
            preview = BUILDERS[slug]()
            preview = replace(preview, seconds=round(time.perf_counter() - start, 2))
            part = folder() / f"{slug}.part"
            part.write_text(json.dumps(asdict(preview)))
            part.replace(folder() / f"{slug}.json")


def _sample(slug: str) -> Image.Image:
    from core.data import samples

    return samples.load_image(samples.SAMPLES_BY_SLUG[slug])


def _crop(picture: Image.Image) -> Image.Image:
    """The middle of ``picture`` at ``SIZE``."""
    from PIL import ImageOps

    return ImageOps.fit(picture.convert("RGB"), SIZE)


def _png(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _webp(frames: list[Image.Image]) -> str:
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=120, loop=0, quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


if __name__ == "__main__":
    device.be_nice()
    device.use_threads(1)
    build(sys.argv[1:] or BUILDERS)
