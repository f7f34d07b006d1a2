"""The controls of the strategies; names and meanings are those of `transformers`, AutoTrain and peft."""

from dataclasses import dataclass

from core.data.augmentation import AUGMENTATIONS
from core.params import Choice, FloatRange, IntRange, Toggle, setting

SCHEDULES = ("linear", "cosine", "constant")


def _epochs(most: int, default: int) -> int:
    words = "Passes over the training examples; each ends with a checkpoint."
    return setting(IntRange("num_train_epochs", "Epochs", 1, most, default, words))


def _rate(default: float) -> float:
    words = "How far one step goes at most (AdamW)."
    return setting(FloatRange("learning_rate", "Learning rate", 1e-6, 1e-2, default, words, log=True))


@dataclass(frozen=True)
class Splitting:
    """What every strategy asks: which examples are held out, and whether rare classes weigh more."""

    class_weights: bool = setting(
        Toggle(
            "class_weights",
            "Weigh rare classes",
            False,
            "A mistake counts the more, the rarer its class: for classes of very different sizes.",
            advanced=True,
        )
    )
    valid_split: float = setting(
        FloatRange(
            "valid_split",
            "Validation share",
            0.05,
            0.5,
            0.2,
            "Share of the examples that choose when to stop. A further fifth is only for the final figures.",
            step=0.05,
            advanced=True,
        )
    )
    seed: int = setting(
        IntRange("seed", "Seed", 0, 9999, 42, "Decides which examples are held out and every other throw of the dice.")
    )


@dataclass(frozen=True)
class TextReading:
    """What every strategy for texts asks too."""

    max_seq_length: int = setting(
        IntRange(
            "max_seq_length",
            "Longest text (tokens)",
            16,
            256,
            128,
            "Texts are cut after this many tokens (about three quarters as many words). Longer is slower.",
            step=16,
            advanced=True,
        )
    )


@dataclass(frozen=True)
class PictureReading:
    """What every strategy asks too whose network sees pictures anew in each epoch."""

    augmentation: str = setting(
        Choice(
            "augmentation",
            "Augmentation",
            AUGMENTATIONS,
            "none",
            "Small random changes to each training picture, so that few pictures teach more.",
            titles=("None", "Light", "Strong"),
            advanced=True,
        )
    )


@dataclass(frozen=True)
class ProbeControls:
    """Controls of a linear layer on features that are computed once."""

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


@dataclass(frozen=True)
class ProbeSettings(Splitting, ProbeControls):
    """Controls of the probe."""


@dataclass(frozen=True)
class TextProbeSettings(TextReading, ProbeSettings):
    """The same for texts."""


@dataclass(frozen=True)
class GradientControls:
    """How any strategy learns that changes the network itself."""

    num_train_epochs: int = _epochs(20, 4)
    learning_rate: float = _rate(2e-4)
    batch_size: int = setting(
        IntRange("batch_size", "Batch size", 2, 64, 16, "Examples per step; a larger batch steps less often.")
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
            "The learning rate rises during this share of the steps, then follows its schedule.",
            step=0.05,
            advanced=True,
        )
    )
    lr_scheduler_type: str = setting(
        Choice(
            "lr_scheduler_type",
            "Schedule",
            SCHEDULES,
            "linear",
            "How the learning rate falls after the warm-up.",
            titles=("Straight to zero", "Cosine to zero", "Constant"),
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
    early_stopping_threshold: float = setting(
        FloatRange(
            "early_stopping_threshold",
            "Least improvement",
            0.0,
            0.5,
            0.0,
            "A new low of the validation loss counts only if it is lower by more than this.",
            step=0.01,
            advanced=True,
        )
    )


@dataclass(frozen=True)
class GradientSettings(Splitting, GradientControls):
    """Controls of every strategy that changes the network itself."""


@dataclass(frozen=True)
class PartialSettings(GradientSettings):
    """Controls of the partial fine-tune: a probe first, then the last blocks learn with it."""

    unfrozen_blocks: int = setting(
        IntRange("unfrozen_blocks", "Blocks that learn", 1, 4, 1, "How many of the network's last blocks change.")
    )


@dataclass(frozen=True)
class TextPartialSettings(TextReading, PartialSettings):
    """The same for texts."""


@dataclass(frozen=True)
class ImagePartialSettings(PictureReading, PartialSettings):
    """The same for pictures."""


@dataclass(frozen=True)
class FullSettings(GradientSettings):
    """Controls of the full fine-tune; a network that is all in motion wants small steps."""

    num_train_epochs: int = _epochs(20, 3)
    learning_rate: float = _rate(5e-5)


@dataclass(frozen=True)
class TextFullSettings(TextReading, FullSettings):
    """The same for texts."""


@dataclass(frozen=True)
class ImageFullSettings(PictureReading, FullSettings):
    """The same for pictures."""

    learning_rate: float = _rate(2e-4)


@dataclass(frozen=True)
class LoraSettings(GradientSettings):
    """Controls of LoRA; at a full fine-tune's learning rate its small matrices would hardly move."""

    num_train_epochs: int = _epochs(20, 4)
    learning_rate: float = _rate(1e-3)
    lora_r: int = setting(
        IntRange("lora_r", "Rank", 1, 64, 8, "How wide the added matrices are; wider learns more.", advanced=True)
    )
    lora_alpha: int = setting(
        IntRange(
            "lora_alpha", "Alpha", 1, 128, 16, "What the matrices add is scaled by alpha over rank.", advanced=True
        )
    )
    lora_dropout: float = setting(
        FloatRange(
            "lora_dropout", "Dropout", 0.0, 0.5, 0.05, "Share of a matrix's inputs left out at random.", advanced=True
        )
    )


@dataclass(frozen=True)
class TextLoraSettings(TextReading, LoraSettings):
    """The same for texts."""


@dataclass(frozen=True)
class ImageLoraSettings(PictureReading, LoraSettings):
    """The same for pictures."""


@dataclass(frozen=True)
class ContrastiveSettings(TextReading, GradientSettings):
    """Controls of the contrastive fine-tune of a text encoder."""

    num_train_epochs: int = _epochs(20, 4)
    learning_rate: float = _rate(5e-5)
    temperature: float = setting(
        FloatRange(
            "temperature",
            "Temperature",
            0.02,
            1.0,
            0.1,
            "Low asks most of the texts that are easiest to confuse.",
            log=True,
            advanced=True,
        )
    )
