import numpy as np
import pytest
from PIL import Image

from core.config import Limits
from core.data.labelled import LabelledImages, LabelledTexts, encode
from core.finetuning.checks import NOTE, STOP, WARN, Finding, check, stops


def labelled(*pairs: tuple[str, str]) -> LabelledTexts:
    labels = tuple(sorted({label for _, label in pairs}))
    targets = tuple(labels.index(label) for _, label in pairs)
    return LabelledTexts(tuple(text for text, _ in pairs), targets, labels, tuple("" for _ in pairs))


def many(label: str, count: int) -> list[tuple[str, str]]:
    return [(f"{label} number {i}", label) for i in range(count)]


def found(data: LabelledTexts | LabelledImages, level: str, words: str) -> Finding:
    matching = [f for f in check(data, Limits()) if f.level == level and words in f.sentence]
    assert len(matching) == 1, check(data, Limits())
    return matching[0]


def test_good_data_has_nothing_to_tell() -> None:
    assert check(labelled(*many("ham", 30), *many("spam", 30)), Limits()) == ()


@pytest.mark.parametrize(
    ("data", "level", "words"),
    [
        (labelled(*many("ham", 9)), STOP, "one class, 'ham'"),
        (LabelledTexts((), (), (), ()), STOP, "no texts"),
        (labelled(*many("ham", 30), *many("rare", 3)), STOP, "'rare' has 3 of the 4"),
        (labelled(*many("ham", 30), *[(f"x{i}", f"rare{i}") for i in range(9)]), STOP, "6 more classes have too few"),
        (
            labelled(*many("ham", 9), *[("the same", "spam")] * 9),
            STOP,
            "9 examples of class 'spam' are one and the same",
        ),
        (labelled(*many("ham", 30), *many("few", 9)), WARN, "Fewer than 10 examples in 'few'"),
        (labelled(*many("ham", 60), *many("spam", 12)), WARN, "'ham' has 5 times as many examples as 'spam'"),
        (
            labelled(*many("ham", 20), *many("spam", 20), (" \n", "ham")),
            STOP,
            "1 text is blank, the first is number 41",
        ),
        (labelled(*many("ham", 20), *many("spam", 20), ("odd", " ")), STOP, "1 example is without a class"),
        (labelled(*many("ham", 30), *many("spam", 30), ("HAM, number 3", "ham")), NOTE, "1 example repeats"),
        (labelled(*many("ham", 30), *many("spam", 30), ("ham number 3", "spam")), WARN, "under two classes"),
        (labelled(*many("ham", 30), *many("spam", 30), ("long " * 300, "ham")), NOTE, "long; only the beginning"),
        (labelled(*[(str(i), str(i)) for i in range(150)]), STOP, "150 classes"),
        (labelled(*many("ham", 12), *many("spam", 12)), WARN, "no separate test part"),
    ],
)
def test_each_fault_is_told_once(data: LabelledTexts, level: str, words: str) -> None:
    sentence = found(data, level, words).sentence
    assert sentence.endswith(".") and "\n" not in sentence


def test_too_many_examples_stop() -> None:
    data = labelled(*many("ham", 30), *many("spam", 30))
    assert stops(check(data, Limits(finetune_texts=59)))
    assert not stops(check(data, Limits(finetune_texts=60)))
    assert not stops(check(data, Limits(finetune_texts=0)))


def test_a_picture_of_one_colour_is_named() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 16, 16, 3)).astype(np.uint8)
    noise[7] = 255
    pictures = tuple(encode(Image.fromarray(values)) for values in noise)
    data = LabelledImages(pictures, tuple(i % 2 for i in range(40)), ("a", "b"), tuple(f"{i}.png" for i in range(40)))
    assert "'7.png'" in found(data, STOP, "1 picture is blank").sentence


def test_the_gravest_comes_first() -> None:
    data = labelled(*many("ham", 60), *many("rare", 2), ("ham number 3", "ham"))
    levels = [finding.level for finding in check(data, Limits())]
    assert levels == sorted(levels, key=(STOP, WARN, NOTE).index) and levels[0] == STOP


def test_imbalance_names_its_remedy() -> None:
    finding = found(labelled(*many("ham", 60), *many("spam", 12)), WARN, "times as many")
    assert finding.remedy == "class_weights"


LETTER = "a long letter about one and the same thing, which somebody sends again and again to everybody called {}"


def test_near_duplicates_are_told() -> None:
    alike = [(LETTER.format(i), "ham") for i in range(4)]
    assert (
        "3 more examples are nearly the same"
        in found(labelled(*many("ham", 30), *many("spam", 30), *alike), NOTE, "nearly").sentence
    )


def test_a_class_of_little_else_than_near_duplicates_is_warned_about() -> None:
    alike = [(LETTER.format(i), "ham") for i in range(30)]
    assert "look too good" in found(labelled(*alike, *many("spam", 30)), WARN, "nearly the same").sentence


def test_several_classes_count_for_each() -> None:
    texts = tuple(f"text {i}" for i in range(24))
    sets = tuple(((0, 1) if i % 2 else (0,)) for i in range(24))
    data = LabelledTexts(texts, tuple(s[-1] for s in sets), ("common", "rare"), ("",) * 24, target_sets=sets)
    assert not stops(check(data, Limits()))
    few = LabelledTexts(texts[:12], (0,) * 12, ("common", "rare"), ("",) * 12, target_sets=(*sets[:4], *((0,),) * 8))
    assert "'rare' has 2 of the 4" in stops(check(few, Limits()))[0].sentence
