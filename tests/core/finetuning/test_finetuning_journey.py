"""Real weights and real examples, from the spool to the shelf."""

from dataclasses import replace

import pytest

from core.data.labelled import Labelled
from core.data.samples import SAMPLE_SETS_BY_SLUG
from core.finetuning import shelf
from core.finetuning.report import read_report
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier


def some(slug: str, count: int) -> Labelled:
    """``count`` examples of a sample set, every class as often."""
    data = SAMPLE_SETS_BY_SLUG[slug].load()
    per_class = count // len(data.labels)
    rows = [r for k in range(len(data.labels)) for r in [i for i, t in enumerate(data.targets) if t == k][:per_class]]
    fields = ("examples", "targets", "names", "concepts")
    return replace(data, **{field: tuple(getattr(data, field)[row] for row in rows) for field in fields})


@pytest.mark.parametrize(
    ("slug", "base"), [("spam-or-ham", "all-minilm-l6-v2"), ("emoji-animals-food", "efficientnet-lite0")]
)
def test_a_real_probe_beats_the_majority(make_task, slug: str, base: str) -> None:
    data = some(slug, 60)
    task = make_task(data, base=base)
    task.run()
    report = read_report(task.folder)
    assert report is not None and report.low > report.majority_accuracy, report
    (card,) = shelf.own_cards([task.folder])
    answer = report.answers[0]
    if data.kind == "text":
        prob = float(TextClassifier.load(card).predict([data.examples[answer.index]])[0, answer.predicted])
    else:
        prob = ImageClassifier.load(card).predict(data.image(answer.index)).probs[0]
    assert prob == pytest.approx(answer.prob, abs=1e-3)
