"""The playground's controls, and settings worth trying first."""

from dataclasses import dataclass

from core.data.toy import TOY_SETS
from core.lab import Preset
from core.params import Choice, FloatRange, IntList, IntRange, setting

FEATURES = {
    "position": ("x1", "x2"),
    "squares": ("x1²", "x2²"),
    "position_squares": ("x1", "x2", "x1²", "x2²"),
    "position_product": ("x1", "x2", "x1·x2"),
    "position_sines": ("x1", "x2", "sin 2x1", "sin 2x2"),
    "all": ("x1", "x2", "x1²", "x2²", "x1·x2", "sin 2x1", "sin 2x2"),
}


@dataclass(frozen=True)
class Settings:
    """Everything a visitor can turn; the URL holds what differs from the defaults."""

    dataset: str = setting(
        Choice(
            "dataset",
            "Data",
            tuple(t.name for t in TOY_SETS),
            "spirals",
            "Which points the network must tell apart.",
            tuple(t.title for t in TOY_SETS),
        )
    )
    hidden: tuple[int, ...] = setting(
        IntList(
            "hidden",
            "Neurons in each hidden layer",
            1,
            12,
            (8, 8),
            "One number a layer, such as 8, 4. Leave it empty for no hidden layer: a straight line.",
        )
    )
    activation: str = setting(
        Choice(
            "activation",
            "Activation",
            ("relu", "leaky_relu", "gelu", "tanh", "sigmoid", "linear"),
            "tanh",
            "What bends a neuron's sum. Without a bend, any depth is still one straight line.",
            ("ReLU", "Leaky ReLU", "GELU", "tanh", "Sigmoid", "None (linear)"),
        )
    )
    optimizer: str = setting(
        Choice(
            "optimizer",
            "Optimiser",
            ("sgd", "momentum", "rmsprop", "adam"),
            "adam",
            "How a gradient becomes a step.",
            ("SGD", "Momentum", "RMSprop", "Adam"),
        )
    )
    learning_rate: float = setting(
        FloatRange(
            "learning_rate",
            "Learning rate",
            1e-4,
            10.0,
            0.03,
            "How long each step is. Change it while it runs: it acts at once.",
            log=True,
        )
    )
    speed: int = setting(
        IntRange("speed", "Optimiser steps a picture", 1, 100, 5, "How far the network learns between two pictures.")
    )
    features: str = setting(
        Choice(
            "features",
            "Inputs",
            tuple(FEATURES),
            "position",
            "What the first layer is shown of each point.",
            ("x₁, x₂", "x₁², x₂²", "x₁, x₂ and squares", "x₁, x₂ and product", "x₁, x₂ and sines", "All seven"),
            advanced=True,
        )
    )
    points: int = setting(IntRange("points", "Points", 20, 600, 300, step=20, advanced=True))
    noise: float = setting(
        FloatRange("noise", "Noise", 0.0, 0.6, 0.08, "Standard deviation added to both coordinates.", advanced=True)
    )
    test_share: float = setting(
        FloatRange("test_share", "Share held out", 0.1, 0.9, 0.4, "Points it never learns from.", 0.1, advanced=True)
    )
    batch_size: int = setting(
        IntRange("batch_size", "Batch size", 1, 100, 20, "Points averaged into one gradient.", advanced=True)
    )
    loss: str = setting(
        Choice(
            "loss",
            "Loss",
            ("cross_entropy", "mse", "hinge"),
            "cross_entropy",
            "What is made small: surprise, squared distance to ±1, or the lack of a margin.",
            ("Cross-entropy", "Mean squared error", "Hinge"),
            advanced=True,
        )
    )
    initialisation: str = setting(
        Choice(
            "initialisation",
            "Starting weights",
            ("default", "xavier", "he", "zeros"),
            "default",
            "Where learning starts from. With zeros all neurons of a layer stay alike.",
            ("PyTorch's", "Xavier", "He", "Zeros"),
            advanced=True,
        )
    )
    normalisation: str = setting(
        Choice(
            "normalisation",
            "Normalisation",
            ("none", "batch", "layer"),
            "none",
            "Rescale each layer's sums over the batch, or over the layer, before the activation.",
            ("None", "Batch", "Layer"),
            advanced=True,
        )
    )
    dropout: float = setting(
        FloatRange("dropout", "Dropout", 0.0, 0.8, 0.0, "Share of neurons silenced at each step.", 0.05, advanced=True)
    )
    weight_decay: float = setting(
        FloatRange("weight_decay", "L2 penalty", 0.0, 0.2, 0.0, "Pulls all weights to 0.", 0.002, advanced=True)
    )
    l1: float = setting(
        FloatRange("l1", "L1 penalty", 0.0, 0.05, 0.0, "Pushes useless weights to exactly 0.", 0.001, advanced=True)
    )
    epochs: int = setting(
        IntRange(
            "epochs",
            "Stop after (epochs)",
            0,
            2000,
            0,
            "An epoch sees every training point once; 0 goes on for ever.",
            50,
            advanced=True,
        )
    )
    seed: int = setting(IntRange("seed", "Seed", 0, 99, 0, "Same seed, same run.", advanced=True))


LIVE = frozenset({"learning_rate", "speed", "weight_decay", "l1", "dropout", "batch_size", "epochs"})

PRESETS = (
    Preset(
        "Spirals",
        "Two layers of eight bent neurons wind round the spirals within seconds.",
        {"dataset": "spirals", "hidden": (8, 8), "activation": "tanh", "optimizer": "adam", "learning_rate": 0.03},
    ),
    Preset(
        "A straight line",
        "Without a hidden layer the network draws one straight line, and no line parts a ring from its middle.",
        {"dataset": "circles", "hidden": (), "learning_rate": 0.03},
    ),
    Preset(
        "Better inputs",
        "The same straight-line network solves the ring at once when it is shown the squares of the coordinates.",
        {"dataset": "circles", "hidden": (), "features": "squares", "learning_rate": 0.03},
    ),
    Preset(
        "No bend",
        "Three linear layers are still one straight line: see how every neuron shows a plain slope.",
        {"dataset": "moons", "hidden": (8, 8, 8), "activation": "linear", "learning_rate": 0.03},
    ),
    Preset(
        "All zeros",
        "All weights start at zero, so every neuron gets the same gradient: none. Only the output's bias moves.",
        {"dataset": "xor", "hidden": (4, 4), "activation": "tanh", "initialisation": "zeros", "learning_rate": 0.03},
    ),
    Preset(
        "Saturated",
        "Through five sigmoid layers almost no gradient reaches the first: the loss stays flat near 0.69.",
        {
            "dataset": "circles",
            "hidden": (6, 6, 6, 6, 6),
            "activation": "sigmoid",
            "optimizer": "sgd",
            "learning_rate": 0.03,
        },
    ),
    Preset(
        "Steps too long",
        "With a learning rate of 5 each step jumps over the valley; lower it while it runs and watch it recover.",
        {"dataset": "moons", "hidden": (8,), "activation": "tanh", "optimizer": "sgd", "learning_rate": 5.0},
    ),
    Preset(
        "By heart",
        "Few noisy points and a large network: the training loss falls while the held-out loss climbs.",
        {
            "dataset": "moons",
            "hidden": (12, 12, 12),
            "activation": "relu",
            "learning_rate": 0.01,
            "points": 80,
            "noise": 0.6,
            "test_share": 0.5,
            "speed": 10,
        },
    ),
)
