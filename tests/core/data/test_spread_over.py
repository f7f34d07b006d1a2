"""A part of a set keeps its classes and everything that belongs to an example."""

from core.data import samples
from core.data.labelled import LabelledTexts, spread_over


def test_a_part_is_spread_over_a_set_sorted_by_class():
    whole = samples.SAMPLE_SETS_BY_SLUG["emoji-groups"].load()
    part = spread_over(whole, 10)
    assert len(part) == 10 and len(set(part.targets)) == len(whole.labels)
    at = [whole.names.index(name) for name in part.names]
    assert at == sorted(at) and [whole.examples[i] for i in at] == list(part.examples)
    assert [whole.concepts[i] for i in at] == list(part.concepts)
    assert spread_over(whole, len(whole)) is whole


def test_what_nobody_knows_stays_unknown():
    part = spread_over(LabelledTexts(("a", "b", "c", "d"), (), (), ("1", "2", "3", "4")), 2)
    assert part.examples == ("a", "c") and part.names == ("1", "3") and part.targets == ()
