"""An encoder as a stock token classifier: one linear layer on every token's vector."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import BertForTokenClassification, BertModel


def with_token_head(bert: "BertModel", labels: Sequence[str]) -> "BertForTokenClassification":
    """A stock token classifier over ``bert``'s last hidden states, its linear layer new.

    Args:
        bert: the encoder; copied, never changed.
        labels: K names of a token's classes, in the order of the logits.
    """
    from transformers import BertForTokenClassification

    config: Any = copy.deepcopy(bert.config)
    config.classifier_dropout = 0.0
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: i for i, label in enumerate(labels)}
    config.architectures = ["BertForTokenClassification"]
    model = BertForTokenClassification(config)
    # The pooler, which this network lacks, is not read; the linear layer stays as it is drawn.
    model.bert.load_state_dict(bert.state_dict(), strict=False)
    return model.eval()
