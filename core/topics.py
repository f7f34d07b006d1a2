"""Every topic of the field, and the page and lab where a visitor does it; None where nobody can yet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One topic of the field.

    Attributes:
        name: the field's term.
        group: the part of the field it belongs to.
        page: slug of the page where a visitor does it, or None while there is none.
        lab: slug of the lab on that page, or None where the page itself is the place.
        does: what the visitor does there, in a few words.
    """

    name: str
    group: str
    page: str | None = None
    lab: str | None = None
    does: str = ""


BLOCKS, LEARNING, NETS, BEYOND = "Building blocks", "Learning", "Architectures", "Beyond"

TOPICS: tuple[Topic, ...] = (
    Topic("neuron", BLOCKS, "training", "playground", "leave the hidden layers empty and train one neuron"),
    Topic("ReLU", BLOCKS, "training", "playground", "swap the activation and watch the surface change"),
    Topic("sigmoid", BLOCKS, "training", "playground", "swap the activation and watch the surface change"),
    Topic("tanh", BLOCKS, "training", "playground", "swap the activation and watch the surface change"),
    Topic("weight initialisation", BLOCKS, "training", "playground", "start from zeros and see nothing learn"),
    Topic("batch normalisation", BLOCKS, "training", "playground", "switch it on between the layers"),
    Topic("dropout", BLOCKS, "training", "playground", "switch units off while it learns"),
    Topic("backpropagation", LEARNING),
    Topic("gradient descent", LEARNING, "training", "playground", "choose the optimiser and the learning rate"),
    Topic("mean squared error", LEARNING, "training", "playground", "train with one loss, then with the other"),
    Topic("cross-entropy", LEARNING, "training", "playground", "train with one loss, then with the other"),
    Topic("hyper-parameter optimisation", LEARNING),
    Topic("cross-validation", LEARNING),
    Topic("ANN", NETS, "training", "playground", "build a network of up to six hidden layers"),
    Topic("CNN", NETS),
    Topic("RNN", NETS),
    Topic("LSTM", NETS),
    Topic("GRU", NETS),
    Topic("attention", NETS),
    Topic("Transformer", NETS),
    Topic("autoencoder", NETS),
    Topic("VAE", NETS),
    Topic("GAN", NETS),
    Topic("diffusion", NETS),
    Topic("transfer learning", BEYOND, "transfer_learning", None, "fine-tune a pretrained model on your own data"),
    Topic("explainability", BEYOND, "explainability", None, "ask a model why, and test its answer"),
    Topic("reinforcement learning", BEYOND),
    Topic("causality", BEYOND),
)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(topic.group for topic in TOPICS))
