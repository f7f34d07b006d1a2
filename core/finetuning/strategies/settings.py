"""The strategies and their controls; names and meanings are those of `transformers` and AutoTrain."""

from dataclasses import dataclass

from core.finetuning.strategies.base import IMAGE, TEXT, Strategy
from core.params import FloatRange, IntRange, setting

_SEED = IntRange("seed", "Seed", 0, 9999, 42, "Decides which examples are held out and every other throw of the dice.")
_VALID_SPLIT = FloatRange(
    "valid_split",
    "Validation share",
    0.05,
    0.5,
    0.2,
    "Share of the examples that choose when to stop. A further fifth is only for the final figures.",
    step=0.05,
    advanced=True,
)
_MAX_SEQ_LENGTH = IntRange(
    "max_seq_length",
    "Longest text (tokens)",
    16,
    256,
    128,
    "Texts are cut after this many tokens (about three quarters as many words). Longer is slower.",
    step=16,
    advanced=True,
)


@dataclass(frozen=True)
class ProbeSettings:
    """Controls of the probe: a linear layer on features that are computed once."""

    num_train_epochs: int = setting(
        IntRange(
            "num_train_epochs", "Epochs", 1, 1000, 300, "The most passes over the features; a pass takes about 1 ms."
        )
    )
    learning_rate: float = setting(
        FloatRange("learning_rate", "Learning rate", 1e-5, 0.1, 1e-3, "How far one step goes (Adam).", log=True)
    )
    weight_decay: float = setting(
        FloatRange("weight_decay", "Weight decay", 0.0, 10.0, 1.0, "Pulls weights towards zero.", advanced=True)
    )
    early_stopping_patience: int = setting(
        IntRange(
            "early_stopping_patience",
            "Patience (epochs)",
            1,
            200,
            25,
            "Training ends after this many epochs in which the validation loss found no new low.",
            advanced=True,
        )
    )
    valid_split: float = setting(_VALID_SPLIT)
    seed: int = setting(_SEED)


@dataclass(frozen=True)
class TextProbeSettings(ProbeSettings):
    """The same for texts."""

    max_seq_length: int = setting(_MAX_SEQ_LENGTH)


@dataclass(frozen=True)
class PartialSettings:
    """Controls of the partial fine-tune: a probe first, then the last blocks learn with it."""

    num_train_epochs: int = setting(
        IntRange("num_train_epochs", "Epochs", 1, 20, 4, "Passes over the training examples; each is a checkpoint.")
    )
    learning_rate: float = setting(
        FloatRange(
            "learning_rate", "Learning rate", 1e-6, 1e-2, 2e-4, "How far one step goes at most (AdamW).", log=True
        )
    )
    batch_size: int = setting(
        IntRange("batch_size", "Batch size", 2, 64, 16, "Examples per step; a larger batch steps less often.")
    )
    unfrozen_blocks: int = setting(
        IntRange("unfrozen_blocks", "Blocks that learn", 1, 4, 1, "How many of the network's last blocks change.")
    )
    weight_decay: float = setting(
        FloatRange("weight_decay", "Weight decay", 0.0, 0.5, 0.01, "Pulls weights towards zero.", advanced=True)
    )
    warmup_ratio: float = setting(
        FloatRange(
            "warmup_ratio",
            "Warm-up share",
            0.0,
            0.5,
            0.1,
            "The learning rate rises during this share of the steps, then falls to zero.",
            step=0.05,
            advanced=True,
        )
    )
    early_stopping_patience: int = setting(
        IntRange(
            "early_stopping_patience",
            "Patience (epochs)",
            1,
            20,
            2,
            "Training ends after this many epochs in which the validation loss found no new low.",
            advanced=True,
        )
    )
    valid_split: float = setting(_VALID_SPLIT)
    seed: int = setting(_SEED)


@dataclass(frozen=True)
class TextPartialSettings(PartialSettings):
    """The same for texts."""

    max_seq_length: int = setting(_MAX_SEQ_LENGTH)


PROBE = Strategy(
    name="probe",
    title="Probe",
    trains="A new last layer learns on top of the pretrained network, which stays as it is: seconds.",
    recommended=True,
    settings={IMAGE: ProbeSettings, TEXT: TextProbeSettings},
    entry="core.finetuning.strategies.probe:train",
)
PARTIAL = Strategy(
    name="partial",
    title="Probe, then the last blocks",
    trains="After a probe, the network's last blocks learn together with the new layer: minutes, often more accurate.",
    recommended=False,
    settings={IMAGE: PartialSettings, TEXT: TextPartialSettings},
    entry="core.finetuning.strategies.partial:train",
)
