"""What attribution methods share: the classifiers they may ask, the result they give, the entry that lists them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Literal, Protocol

from torch import Tensor, nn

from core.params import Param

Forward = Callable[..., Tensor]
"""Maps a batch of inputs to logits ``(B, K)``, differentiable in its inputs."""

Kind = Literal["image", "text"]

Family = Literal["gradients", "layers", "rules", "perturbation", "attention"]
"""How a method looks: by slopes, a layer's maps, rules of its own on the way back, hiding parts, or attention."""


class Encoding(Protocol):
    """One text as a model reads it: ids and mask ``(1, T)``, T tokens, and for each the word that it belongs to."""

    @property
    def input_ids(self) -> Tensor: ...
    @property
    def attention_mask(self) -> Tensor: ...
    @property
    def tokens(self) -> Sequence[str]: ...
    @property
    def word_ids(self) -> Sequence[int | None]: ...


class Classifier(Protocol):
    """What explaining asks of any classifier: its network, its class names and the lock that guards both."""

    @property
    def model(self) -> nn.Module: ...
    @property
    def labels(self) -> Sequence[str]: ...
    @property
    def lock(self) -> RLock: ...
    @property
    def forward(self) -> Forward: ...


class PictureClassifier(Classifier, Protocol):
    """A classifier of pixels ``(B, 3, H, W)``, normalised by ``mean`` and ``std`` (three numbers each)."""

    @property
    def feature_layer(self) -> nn.Module | None: ...
    @property
    def logits(self) -> Forward: ...  # as ``forward`` to 1e-3, quicker, without gradient
    @property
    def gradients(self) -> Forward: ...  # as ``forward``, lighter to differentiate
    @property
    def gradient_model(self) -> nn.Module: ...  # the network behind ``gradients``
    @property
    def folded(self) -> Forward: ...  # as ``logits``, for hooks on ``folded_model``
    @property
    def folded_model(self) -> nn.Module: ...
    @property
    def mean(self) -> Sequence[float]: ...
    @property
    def std(self) -> Sequence[float]: ...


class TextClassifier(Classifier, Protocol):
    """A classifier of ``input_ids`` and ``attention_mask`` ``(B, T)``."""

    @property
    def embedding_layer(self) -> nn.Module: ...
    @property
    def mask_token_id(self) -> int: ...
    @property
    def pad_token_id(self) -> int: ...


@dataclass(frozen=True)
class Attribution:
    """Credit given to each input for one class's logit, and the evidence about itself.

    Attributes:
        values: ``(B, 3, H, W)`` for pixels, summed over channels it is the credit of a pixel; ``(B, T)`` for tokens.
            In logits, except for saliency (logits per unit of the normalised pixel).
        target: the class index that was explained.
        method: the name of the method that made it.
        delta: ``(B,)`` in logits: the values' sum minus ``forward(inputs) - forward(baseline)``; None where the
            method promises no such sum.
        baseline: the "nothing here" input, for methods that have one: pixels, or token ids.
        seconds: how long it took.
        megabytes: the most memory that the process added meanwhile.
        options: the settings that made it.
        notes: what a visitor should know about this result, a sentence each.
    """

    values: Tensor
    target: int
    method: str = ""
    delta: Tensor | None = None
    baseline: Tensor | None = None
    seconds: float = 0.0
    megabytes: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def maps(self) -> Tensor:
        """One number per place: ``(B, H, W)`` for pixels, ``(B, T)`` for tokens."""
        return self.values.sum(1) if self.values.dim() == 4 else self.values


def any_model(classifier: Classifier) -> None:
    """The `Method.fits` of a method that serves every model."""


@dataclass(frozen=True)
class Method:
    """One way to explain an answer.

    Attributes:
        attribute: ``(classifier, inputs, target, **options) -> Attribution``; inputs are pixels ``(B, 3, H, W)`` or
            an `Encoding`. Call it through `core.attribution.explain`, which guards the shared model.
        family: how it looks.
        signed: whether negative values mean "against the class".
        reference: where the method comes from.
        summary: one sentence on what the map says.
        preview: settings of a first, rough look in a fraction of the time; empty where the method is quick anyway.
        fits: None, or the reason in one sentence why it cannot serve this model.
    """

    name: str
    kind: Kind
    family: Family
    attribute: Callable[..., Attribution]
    signed: bool
    params: tuple[Param, ...]
    reference: str
    summary: str
    preview: Mapping[str, Any] = field(default_factory=dict, hash=False)
    fits: Callable[[Any], str | None] = any_model

    def reason_against(self, classifier: Any) -> str | None:
        """None, or why it cannot serve ``classifier``; a classifier may itself have ``refuses``, reasons by name."""
        return self.fits(classifier) or getattr(classifier, "refuses", {}).get(self.name)

    @property
    def slug(self) -> str:
        """Its name in URLs and file names."""
        return self.name.lower().replace(" ", "-").replace("×", "x")


def spread(maps: Tensor, channels: int = 3) -> Tensor:
    """One map per picture ``(B, 1, H, W)`` shared out evenly over channels, so that the channels sum to the map."""
    return (maps / channels).expand(-1, channels, -1, -1).clone()
