"""The pictures that ship."""

from core.data.samples import SAMPLES
from core.studies.exhibits import exhibits


def test_samples_come_first_and_nothing_twice():
    found = exhibits()
    pictures = [sample.title for sample in SAMPLES if sample.kind == "image"]
    assert [one.title for one in found[: len(pictures)]] == pictures
    emoji = [one.title for one in found[len(pictures) :]]
    assert 300 < len(emoji) == len(set(emoji))
    assert all(one.load().mode == "RGB" for one in (found[0], found[-1]))
