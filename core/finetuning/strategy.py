"""The ways to fine-tune: what each trains, with which settings; importing this loads no network library."""

from dataclasses import dataclass

from core.params import FloatRange, IntRange, Param, params_of, setting

_SEED = IntRange(
    "seed",
    "Seed",
    0,
    9999,
    42,
    help="Decides which examples are held out and the order of training; the same seed repeats the run.",
    advanced=True,
)


@dataclass(frozen=True)
class ProbeSettings:
    """Settings of a linear head on frozen features."""

    learning_rate: float = setting(
        FloatRange(
            "learning_rate",
            "Learning rate",
            1e-3,
            0.3,
            0.02,
            log=True,
            help="How far each step moves the new head; the features are standardised, so this suits most data.",
        )
    )
    num_train_epochs: int = setting(
        IntRange("num_train_epochs", "Epochs", 10, 500, 200, help="Passes over the training examples at most.", step=10)
    )
    weight_decay: float = setting(
        FloatRange(
            "weight_decay",
            "Weight decay",
            0.0,
            1.0,
            0.1,
            help="Pulls the head's weights towards zero; more helps when examples are few.",
            advanced=True,
        )
    )
    early_stopping_patience: int = setting(
        IntRange(
            "early_stopping_patience",
            "Patience",
            1,
            100,
            20,
            help="Epochs without a better validation loss before training ends.",
            advanced=True,
        )
    )
    seed: int = setting(_SEED)


@dataclass(frozen=True)
class PartialSettings:
    """Settings of training the last blocks after the head."""

    learning_rate: float = setting(
        FloatRange(
            "learning_rate",
            "Learning rate",
            1e-5,
            3e-3,
            2e-4,
            log=True,
            help="How far each step moves the weights; too high forgets what pretraining taught.",
        )
    )
    num_train_epochs: int = setting(
        IntRange("num_train_epochs", "Epochs", 1, 30, 5, help="Passes over the training examples.")
    )
    unfrozen_blocks: int = setting(
        IntRange(
            "unfrozen_blocks",
            "Blocks to train",
            1,
            4,
            2,
            help="How many of the network's last blocks learn beside the head; each costs time.",
        )
    )
    batch_size: int = setting(
        IntRange("batch_size", "Batch size", 2, 64, 16, help="Examples per step.", step=2, advanced=True)
    )
    weight_decay: float = setting(
        FloatRange("weight_decay", "Weight decay", 0.0, 0.3, 0.01, help="Pulls weights towards zero.", advanced=True)
    )
    warmup_ratio: float = setting(
        FloatRange(
            "warmup_ratio",
            "Warm-up",
            0.0,
            0.5,
            0.1,
            help="Share of all steps over which the learning rate rises; it falls to zero over the rest.",
            advanced=True,
        )
    )
    early_stopping_patience: int = setting(
        IntRange(
            "early_stopping_patience",
            "Patience",
            1,
            10,
            3,
            help="Epochs without a better validation loss before training ends.",
            advanced=True,
        )
    )
    seed: int = setting(_SEED)


@dataclass(frozen=True)
class Strategy:
    """One way to fine-tune.

    Attributes:
        trains: one sentence on which weights learn and what it costs.
        settings: a frozen dataclass whose fields carry their controls.
        train: ``module:function``, a generator as `core.finetuning.probe.train` is.
        recommended: whether it is what a visitor should try first.
    """

    slug: str
    title: str
    trains: str
    settings: type
    train: str
    recommended: bool = False

    @property
    def params(self) -> tuple[Param, ...]:
        """The controls of its settings."""
        return params_of(self.settings)


PROBE = Strategy(
    slug="probe",
    title="New head only",
    trains="The network looks at each example once and stays as it is; only a new last layer learns, in seconds.",
    settings=ProbeSettings,
    train="core.finetuning.probe:train",
    recommended=True,
)
PARTIAL = Strategy(
    slug="partial",
    title="Head, then last blocks",
    trains="After the new head, the network's last blocks learn too: minutes instead of seconds, often better.",
    settings=PartialSettings,
    train="core.finetuning.partial:train",
)
