"""What ships with the playground: sample pictures, sample texts, and labelled sets to fine-tune on."""

import csv
import gzip
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.labelled import Labelled, LabelledImages, LabelledTexts, encode, index_labels

ASSETS = Path(__file__).parent / "assets"


@dataclass(frozen=True)
class Sample:
    """One thing to try: a picture (``file`` in the assets) or a ``text``; ``about`` says why it is worth trying."""

    slug: str
    title: str
    kind: str  # "image" or "text"
    about: str
    file: str = ""
    text: str = ""


@dataclass(frozen=True)
class SampleSet:
    """A labelled set to fine-tune on.

    Attributes:
        kind: "image" or "text".
        expect: what a good run reaches, in words, so that a visitor can tell a good result from a poor one.
        source: where it comes from and under which licence, shown with it.
    """

    slug: str
    title: str
    kind: str
    about: str
    expect: str
    source: str
    load: Callable[[], Labelled]


def load_image(sample: Sample) -> Image.Image:
    """A sample picture in RGB."""
    with Image.open(ASSETS / sample.file, formats=("JPEG",)) as opened:
        return opened.convert("RGB")


@cache
def _emoji() -> dict[str, np.ndarray]:
    with np.load(ASSETS / "emoji_noto.npz", allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _emoji_of(classes: tuple[str, ...], per_class: int) -> LabelledImages:
    """The first ``per_class`` emoji of each class in a fixed shuffled order."""
    emoji = _emoji()
    rng = np.random.default_rng(0)
    chosen = [rng.permutation(np.flatnonzero(emoji["classes"] == name))[:per_class] for name in classes]
    at = np.concatenate(chosen)
    labels, targets = index_labels([str(word) for word in emoji["classes"][at]])
    return LabelledImages(
        examples=tuple(encode(Image.fromarray(emoji["images"][i])) for i in at),
        targets=targets,
        labels=labels,
        names=tuple(str(name) for name in emoji["names"][at]),
        concepts=tuple(str(concept) for concept in emoji["concepts"][at]),
    )


def _mails() -> LabelledTexts:
    """250 unwanted and 250 wanted mails; replies to one subject share a concept."""
    with gzip.open(ASSETS / "mails.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [row for label in ("ham", "spam") for row in [r for r in rows if r["label"] == label][:250]]
    labels, targets = index_labels([row["label"] for row in kept])
    texts = tuple(row["text"] for row in kept)
    names = tuple(f"mail {i + 1}" for i in range(len(kept)))
    return LabelledTexts(texts, targets, labels, names, tuple(_subject(text) for text in texts))


def _subject(mail: str) -> str:
    first = re.split(r"[.?!]", mail, maxsplit=1)[0].lower()
    return re.sub(r"^((re|fwd?)[: ]+)+", "", first)[:60]


def as_csv(data: LabelledTexts) -> bytes:
    """A labelled set as the table a visitor would upload, columns ``text`` and ``label``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["text", "label"])
    writer.writerows((text, data.labels[target]) for text, target in zip(data.examples, data.targets, strict=True))
    return buffer.getvalue().encode()


def _picture(slug: str, title: str, about: str) -> Sample:
    return Sample(slug, title, "image", about, file=f"{slug}.jpg")


def _words(slug: str, title: str, about: str, text: str) -> Sample:
    return Sample(slug, title, "text", about, text=" ".join(text.split()))


SAMPLES: tuple[Sample, ...] = (
    _picture("cat", "Cat", "Three kinds of cat share the answer."),
    _picture("espresso", "Espresso", "A cup from above; the network is nearly sure."),
    _picture("photographer", "Photographer", "No colour at all, and still it finds the tripod."),
    _picture("rocket", "Rocket", "A rocket on its pad, or a missile, or a projectile?"),
    _picture("flower", "Flower", "A flower that is not among the thousand classes."),
    _picture("palace", "Palace", "A roof with curved eaves."),
    _picture("officer", "Officer", "There is no class for a person: watch what it answers instead."),
    _picture("astronaut", "Astronaut", "A person in a suit, in front of a flag and a model."),
    _words(
        "refund",
        "Angry customer",
        "A complaint with a demand in it.",
        """I ordered the blue kettle three weeks ago and it still has not arrived. Nobody answers the phone, and the
        last mail from your team promised a delivery date that passed on Monday. Please refund the full amount.""",
    ),
    _words(
        "review-good",
        "Glad guest",
        "Praise, with one small complaint.",
        """The room was small but spotless, the breakfast was the best we had on the whole trip, and the owner drew us a
        map of the old town by hand. The street is noisy at night; we would still come back tomorrow.""",
    ),
    _words(
        "review-mixed",
        "Mixed film review",
        "Half praise and half blame: which word tips it?",
        """The camera work is stunning and the first hour flies by, but the ending is a mess and nobody in the cinema
        seemed to believe it.""",
    ),
    _words(
        "goal",
        "Late goal",
        "Sports news in two sentences.",
        """A header in the last minute of extra time sent the home side through to the semi-final on Saturday, after a
        match in which their goalkeeper had saved two penalties. The coach called it the longest evening of all.""",
    ),
    _words(
        "rates",
        "Interest rates",
        "Business news.",
        """The central bank left its interest rate unchanged on Thursday and said that inflation was falling more slowly
        than expected. Shares of builders and banks fell, while the currency gained against the dollar.""",
    ),
    _words(
        "telescope",
        "New telescope",
        "Science news.",
        """Astronomers have measured water vapour in the atmosphere of a planet that circles a red star. The signal
        took four nights to collect and needs to be confirmed by a second telescope.""",
    ),
    _words(
        "meeting",
        "Short note",
        "Very short: few words carry everything.",
        "Can we move our meeting to Friday at ten?",
    ),
    _words(
        "prize",
        "You have won",
        "The style of unwanted mail.",
        """Congratulations, your address was selected as the winner of our monthly draw. To claim your prize of 1,500
        euros, reply within 24 hours with your bank details. This offer is confidential and will not be repeated.""",
    ),
    _words(
        "letter",
        "Names and dates",
        "Names, dates and amounts, and words that only look like them.",
        """Dear Mrs. Okafor, thank you for your order of 3 May. Our invoice of $1,249.50 includes 19 % tax and is due
        next Friday. Piotr Nowak will call you on Monday at ten about the two parcels, together 12 kg, that are still
        missing. May Lindqvist, who took over from him in 2021, may join the call. Kind regards, Ana Torres""",
    ),
)
SAMPLES_BY_SLUG = {sample.slug: sample for sample in SAMPLES}

_NOTO = "Noto Emoji by Google, Apache-2.0"
SAMPLE_SETS: tuple[SampleSet, ...] = (
    SampleSet(
        "emoji-animals-food",
        "Animals or food",
        "image",
        "200 emoji of two kinds; the network has never seen an emoji.",
        "More than nine in ten held-out ones are right after a few seconds.",
        _NOTO,
        lambda: _emoji_of(("animal", "food"), 100),
    ),
    SampleSet(
        "emoji-groups",
        "Five kinds of emoji",
        "image",
        "300 emoji: animals, faces, food, objects and places.",
        "About eight in ten are right; objects and places are confused most.",
        _NOTO,
        lambda: _emoji_of(("animal", "face", "food", "object", "place"), 60),
    ),
    SampleSet(
        "spam-or-ham",
        "Spam or ham",
        "text",
        "500 real mails from 2002, half of them unwanted; addresses, links and numbers are masked.",
        "About nine in ten held-out ones are right after half a minute.",
        "SpamAssassin public corpus, collection PDDL-1.0, contents CC0-1.0",
        _mails,
    ),
)
SAMPLE_SETS_BY_SLUG = {sample_set.slug: sample_set for sample_set in SAMPLE_SETS}
