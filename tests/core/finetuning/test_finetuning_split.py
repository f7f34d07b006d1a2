from collections import Counter

import pytest

from core.data.labelled import LabelledTexts
from core.finetuning.split import content_key, split


def texts(targets: list[int], concepts: tuple[str, ...] = ()) -> LabelledTexts:
    labels = tuple(f"class {k}" for k in range(max(targets) + 1))
    return LabelledTexts(tuple(f"text {i}" for i in range(len(targets))), tuple(targets), labels, (), concepts)


def test_parts_are_disjoint_whole_and_stratified() -> None:
    data = texts([0] * 100 + [1] * 50)
    parts = split(data, seed=1, valid_split=0.2)
    assert sorted((*parts.train, *parts.val, *parts.test)) == list(range(150))
    for part, share in ((parts.test, 0.2), (parts.val, 0.2)):
        assert Counter(data.targets[row] for row in part) == {0: 100 * share, 1: 50 * share}


def test_the_seed_decides() -> None:
    data = texts([0, 1] * 40)
    assert split(data, seed=1, valid_split=0.2) == split(data, seed=1, valid_split=0.2)
    assert split(data, seed=1, valid_split=0.2) != split(data, seed=2, valid_split=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_variants_and_copies_stay_on_one_side(seed: int) -> None:
    concepts = tuple(str(i // 3) for i in range(90))
    data = texts([(i // 3) % 2 for i in range(90)], concepts)
    copied = LabelledTexts((*data.examples, "TEXT 4!"), (*data.targets, 1), data.labels, (), (*concepts, "own"))
    parts = split(copied, seed=seed, valid_split=0.2)
    side = {row: i for i, part in enumerate((parts.train, parts.val, parts.test)) for row in part}
    for rows in ([row for row in range(90) if concepts[row] == c] for c in set(concepts)):
        assert len({side[row] for row in rows}) == 1
    assert side[90] == side[4]
    assert len(parts.test) > 9 and len(parts.val) > 9


def test_few_examples_have_no_test_part_and_it_says_so() -> None:
    parts = split(texts([0, 1] * 6), seed=0, valid_split=0.2)
    assert not parts.test and parts.held_out == parts.val and "too good" in parts.says
    assert {0, 1} == {texts([0, 1] * 6).targets[row] for row in parts.train}


def test_four_of_a_class_are_in_every_part() -> None:
    data = texts([0] * 60 + [1] * 4)
    parts = split(data, seed=3, valid_split=0.2)
    for part in (parts.train, parts.val, parts.test):
        assert 1 in {data.targets[row] for row in part}


def test_one_large_group_leaves_something_to_learn_from() -> None:
    data = texts([0] * 30 + [1] * 30, tuple("same" if i < 30 else str(i) for i in range(60)))
    parts = split(data, seed=0, valid_split=0.2)
    assert {data.targets[row] for row in parts.train} == {0, 1}


def test_content_counts_not_its_dress() -> None:
    assert content_key("Hello,  World!") == content_key("hello world")
    assert content_key("hello world") != content_key("hello word")
    assert content_key("!!!") != content_key("???")


LONG = "the same long sentence about one and the same thing, which a sender repeats again and again to everybody {}"


def test_near_duplicates_stay_on_one_side() -> None:
    repeated = [LONG.format(word) for word in "abcdefgh"]
    others = [f"{word} " * 5 + f"number {word}{i}" for i, word in enumerate("ijklmnopqrstuvwxyz" * 3)]
    examples = (*repeated, *others)
    data = LabelledTexts(examples, tuple(i % 2 for i in range(len(examples))), ("a", "b"), ("",) * len(examples))
    for seed in range(5):
        parts = split(data, seed=seed, valid_split=0.2)
        assert sum(bool(set(part) & set(range(8))) for part in (parts.train, parts.val, parts.test)) == 1


def test_a_class_of_near_duplicates_only_is_divided_all_the_same() -> None:
    alike = [LONG.format(i) for i in range(30)]
    others = [f"{word} " * 5 + f"number {word}{i}" for i, word in enumerate("abcdefghijklmnopqrstuvwxyzabcd")]
    data = LabelledTexts((*alike, *others), (0,) * 30 + (1,) * 30, ("a", "b"), ("",) * 60)
    parts = split(data, seed=0, valid_split=0.2)
    for part in (parts.train, parts.val, parts.test):
        assert {data.targets[row] for row in part} == {0, 1}
