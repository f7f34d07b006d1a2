"""An adapter that tells unwanted mails: ``python -m recipes.spam_or_ham`` (five minutes), after ``recipes.mails``.

It learns from the corpus's first collection and is judged on the second, which was gathered later.
"""

import numpy as np

from core.data.labelled import LabelledTexts, index_labels
from core.device import share_machine
from recipes import mails
from recipes.adapting import adapt

EACH = {"ham": 900, "spam": 500}
TEST_EACH = 500


def chosen(collection: str, each: dict[str, int], without: frozenset[str] = frozenset()) -> LabelledTexts:
    """So many mails of each label, drawn with a fixed seed, none with a subject in ``without``."""
    rows = [row for row in mails.load(collection) if mails.subject_of(row[0]) not in without]
    order = np.random.default_rng(0).permutation(len(rows))
    kept = [rows[i] for label, count in each.items() for i in [i for i in order if rows[i][1] == label][:count]]
    texts, words = zip(*kept, strict=True)
    labels, targets = index_labels(list(words))
    return LabelledTexts(texts, targets, labels, ("",) * len(texts), tuple(map(mails.subject_of, texts)))


def main() -> None:
    """Train and judge."""
    share_machine()
    train = chosen("first", EACH)
    known = frozenset(train.concepts)
    tests = {
        "later mails": chosen("second", {"ham": TEST_EACH, "spam": TEST_EACH}, known),
    }
    about = f"{len(train):,} mails of the SpamAssassin public corpus, first collection (PDDL-1.0, contents CC0-1.0)"
    adapt("spam-or-ham", train, about, tests, num_train_epochs=3, max_seq_length=128)


if __name__ == "__main__":
    main()
