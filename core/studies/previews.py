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
from typing import Any

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
        picture: data URL of a still or an animated WebP, ``SIZE`` pixels; empty where ``html`` stands instead.
        html: coloured words, already escaped.
        query: the address's parameters that open the page on this very result (a bound widget names what it shows).
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
    caption = f"{answer.labels[0]}, {answer.probs[0]:.0%}, in {answer.seconds:.2f} s"
    alt = f"A photograph; the network's answer is {caption}."
    return Preview(caption, alt, _jpeg(_crop(cat)), query={"picture": "cat"})


def explainability() -> Preview:
    """Where the network looked, by Grad-CAM."""
    from core.attribution import METHODS_BY_NAME, explain
    from core.models import MODELS_BY_SLUG
    from core.models.image_classifier import ImageClassifier
    from core.plots import heatmap

    classifier = ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"])
    cup = _sample("espresso")
    pixels = classifier.pixels(cup)
    answer = classifier.predict(cup)
    found = explain(classifier, METHODS_BY_NAME["Grad-CAM"], pixels, answer.targets[0])
    shown = heatmap.overlay(classifier.seen(cup), found.maps[0].numpy(), signed=True)
    caption = f"why {answer.labels[0]}: Grad-CAM in {found.seconds:.2f} s"
    alt = f"The picture in grey, with orange where it argues for {answer.labels[0]}."
    return Preview(caption, alt, _jpeg(_crop(shown.image)), query={"picture": "espresso"})


def nlp() -> Preview:
    """A text sorted by labels that nobody trained, and the words that decided."""
    from core.attribution import METHODS_BY_NAME, explain, words
    from core.data import samples
    from core.models import MODELS_BY_SLUG
    from core.models.text_classifier import zero_shot
    from core.models.text_encoder import TextEncoder
    from core.plots.coloured_words import coloured_words

    encoder = TextEncoder.load(MODELS_BY_SLUG["all-minilm-l6-v2"])
    classifier = zero_shot(encoder, ("space", "sport", "money", "film"))
    text = samples.SAMPLES_BY_SLUG["telescope"].text
    probs = classifier.predict([text])[0]
    best = int(probs.argmax())
    encoding = classifier.encode(text)
    found = explain(classifier, METHODS_BY_NAME["Token ablation"], encoding, best)
    credit = [(word.text, word.value) for word in words.words(encoding, found.values)]
    caption = f"{classifier.labels[best]}, {probs[best]:.0%}, and the words that say so"
    query = {"text": samples.SAMPLES_BY_SLUG["telescope"].title, "labels": "space, sport, money, film"}
    return Preview(caption, text, html=coloured_words(credit), query=query)


def generation() -> Preview:
    """A sentence as the language model goes on with it."""
    from core.models import MODELS_BY_SLUG
    from core.models.sampling import Sampling
    from core.models.text_generator import TextGenerator
    from core.plots.coloured_words import shaded_tokens

    generator = TextGenerator.load(MODELS_BY_SLUG["smollm2-135m"])
    beginning = "The sky is blue because"
    start = time.perf_counter()
    tokens = list(generator.stream(beginning, Sampling(temperature=0.0, max_new_tokens=40)))
    rate = len(tokens) / (time.perf_counter() - start)
    caption = f"{rate:.0f} tokens a second; the fuller the shade, the surer it was"
    return Preview(caption, beginning, html=shaded_tokens(beginning, [(t.text, t.prob) for t in tokens]))


def transfer_learning() -> Preview:
    """A network that never saw an emoji learns two kinds of them; its mistakes are framed."""
    import tempfile

    from core.data import samples
    from core.data.labelled import LabelledImages
    from core.finetuning import job, report, spool
    from core.plots import mosaic

    sample_set = samples.SAMPLE_SETS_BY_SLUG["emoji-animals-food"]
    data = sample_set.load()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "inputs").mkdir()
        for file, content in spool.spool(data).items():
            (folder / "inputs" / file).write_bytes(content)
        task = _Task(folder, {"base": "efficientnet-lite0", "strategy": "probe", "title": sample_set.title})
        for _ in job.run(task):
            pass
        told = report.read_report(folder)
    assert told is not None and isinstance(data, LabelledImages)
    shown = [(data.image(answer.index), answer.right) for answer in told.answers]
    caption = f"{told.accuracy:.0%} of {len(shown)} unseen emoji right after {told.seconds['total']:.0f} s"
    alt = f"Held-out emoji, {sum(not right for _, right in shown)} mistakes framed in orange."
    return Preview(caption, alt, _png(mosaic.mosaic(shown, SIZE)), query={"set": sample_set.title})


@dataclass(frozen=True)
class _Task:
    """A job's task without a job: never asked to stop."""

    folder: Path
    params: dict[str, Any]

    def stopping(self) -> bool:
        return False


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
    "nlp": nlp,
    "transfer_learning": transfer_learning,
    "explainability": explainability,
    "training": training,
    "generation": generation,
}


def build(slugs: Iterable[str] = BUILDERS) -> None:
    """Compute and write what is missing."""
    import captum.attr  # noqa: F401  # imported before the clock runs: what is shown is the work itself
    import transformers.models.efficientnet.modeling_efficientnet  # noqa: F401

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


def _jpeg(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _webp(frames: list[Image.Image]) -> str:
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=True, append_images=frames[1:], duration=120, loop=0, quality=70)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


if __name__ == "__main__":
    device.be_nice()
    device.share_machine()
    build(sys.argv[1:] or BUILDERS)
