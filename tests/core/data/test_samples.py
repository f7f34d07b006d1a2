"""Everything that ships loads, is small, is credited, and can be split without near-duplicates on both sides."""

import pytest

from core.data.labelled import LabelledTexts, counts
from core.data.samples import ASSETS, SAMPLE_SETS, SAMPLES, SAMPLES_BY_SLUG, as_csv, load_image
from core.data.tables import read_table
from core.data.texts import clean_text


def test_slugs_are_unique_and_safe() -> None:
    assert len(SAMPLES_BY_SLUG) == len(SAMPLES)
    assert all(s.slug.replace("-", "").isalnum() and s.slug.islower() for s in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.slug)
def test_each_sample_loads(sample) -> None:
    if sample.kind == "image":
        image = load_image(sample)
        assert image.mode == "RGB" and max(image.size) <= 512
        assert (ASSETS / sample.file).stat().st_size <= 60_000
    else:
        assert clean_text(sample.text).notices == ()


@pytest.mark.parametrize("sample_set", SAMPLE_SETS, ids=lambda s: s.slug)
def test_each_set_loads(sample_set) -> None:
    data = sample_set.load()
    assert data.kind == sample_set.kind
    assert len(data) == len(data.targets) == len(data.names) == len(data.concepts)
    assert counts(data).min() >= 50 and 2 <= len(data.labels) <= 5
    assert len(set(data.concepts)) > len(data) / 2


def test_a_set_can_be_had_as_the_table_a_visitor_would_upload() -> None:
    mails = SAMPLE_SETS[-1].load()
    assert isinstance(mails, LabelledTexts)
    table = read_table(as_csv(mails))
    assert table.column("text") == mails.examples and set(table.column("label")) == {"ham", "spam"}


def test_every_asset_is_credited() -> None:
    words = (ASSETS / "LICENCES.md").read_text()
    assert all(f"`{file.name}`" in words for file in ASSETS.iterdir() if file.name != "LICENCES.md")
