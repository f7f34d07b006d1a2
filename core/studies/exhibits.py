"""Every picture that ships, to look for what excites a part of a network: the samples and the labelled sets."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

from PIL import Image

from core.data.labelled import Labelled, LabelledImages
from core.data.samples import SAMPLE_SETS, SAMPLES, load_image


@dataclass(frozen=True)
class Exhibit:
    """A picture, decoded when it is asked for."""

    title: str
    load: Callable[[], Image.Image]


@cache
def exhibits() -> tuple[Exhibit, ...]:
    """The sample pictures, then each picture of the labelled sets once; some 400."""
    found = {sample.slug: Exhibit(sample.title, partial(load_image, sample)) for sample in SAMPLES if sample.file}
    for sample_set in SAMPLE_SETS:
        if sample_set.kind == "image":
            found |= {f"{sample_set.source} {one.title}": one for one in _of_set(sample_set.load())}
    return tuple(found.values())


def _of_set(data: Labelled) -> list[Exhibit]:
    assert isinstance(data, LabelledImages)
    return [Exhibit(name.capitalize(), partial(data.image, at)) for at, name in enumerate(data.names)]
