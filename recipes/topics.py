"""An adapter that tells what a short text describes: ``python -m recipes.topics`` (minutes), after ``definitions``."""

import numpy as np

from core.data.labelled import LabelledTexts, index_labels
from core.device import share_machine
from recipes import definitions
from recipes.adapting import adapt

EACH, TEST_EACH = 240, 60


def chosen() -> tuple[LabelledTexts, LabelledTexts]:
    """Descriptions to learn from and to be judged on, as many of each kind, drawn with a fixed seed."""
    rows = definitions.load()
    order = np.random.default_rng(0).permutation(len(rows))
    train, test = [], []
    for kind in definitions.KINDS.values():
        of_kind = [rows[i] for i in order if rows[i][1] == kind]
        train += of_kind[:EACH]
        test += of_kind[EACH : EACH + TEST_EACH]
    return _labelled(train), _labelled(test)


def _labelled(rows: list[tuple[str, str, str]]) -> LabelledTexts:
    texts, kinds, words = zip(*rows, strict=True)
    labels, targets = index_labels(list(kinds))
    return LabelledTexts(texts, targets, labels, words)


def main() -> None:
    """Train and judge."""
    share_machine()
    train, test = chosen()
    about = f"{len(train):,} descriptions of nouns in WordNet 3.1, Princeton University (WordNet licence)"
    adapt("topics", train, about, {"other descriptions": test}, num_train_epochs=4, max_seq_length=48)


if __name__ == "__main__":
    main()
