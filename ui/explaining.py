"""What is explained, and its explanations: a rough one at once, the full one in place, kept for the next run."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.attribution import METHODS_BY_NAME
from core.attribution.metrics import deletion, text_deletion
from core.attribution.metrics.base import Curve, Erased
from core.attribution.result import Explained, refined
from ui.inputs import OWN, SCENE, Picked
from ui.kept import Kept, of_everybody, of_this_session

if TYPE_CHECKING:
    from core.models.image_classifier import ImageClassifier
    from core.models.next_token import NextToken
    from core.models.text_classifier import Encoding, TextClassifier

Curves = dict[Erased, Curve]
Report = Callable[[float, Explained | None], None]


@dataclass(frozen=True)
class Question:
    """Why this class? One model, one input, one class.

    Attributes:
        key: equal for equal questions; its last part is the class.
        ours: neither the model nor the input is a visitor's own, so that answers may be shared.
        inputs: pixels ``(1, 3, H, W)``, or an encoded text.
        own_baseline: pixels that mean "nothing here" for every method with a baseline; None leaves each its setting.
    """

    key: tuple[Any, ...]
    ours: bool
    classifier: Any
    inputs: Any
    target: int
    own_baseline: Any = None

    @property
    def label(self) -> str:
        """The class."""
        return self.classifier.labels[self.target]

    def about(self, target: int) -> "Question":
        """The same input, another class."""
        return replace(self, key=(*self.key[:-1], target), target=target)

    @property
    def kept(self) -> Kept:
        """Where its answers are kept."""
        return of_everybody() if self.ours else of_this_session()

    def find(self, *what: Any) -> Any:
        """What was kept for this question under ``what``, or None."""
        return self.kept.get((self.key, *map(frozen, what)))

    def keep(self, value: Any, *what: Any) -> Any:
        """Keep ``value`` under ``what``; returns it."""
        return self.kept.put((self.key, *map(frozen, what)), value)

    def once(self, make: Callable[[], Any], *what: Any) -> Any:
        """What is kept under ``what``, made now if nothing is."""
        held = self.find(*what)
        return self.keep(make(), *what) if held is None else held


def of_picture(classifier: "ImageClassifier", picked: Picked, target: int, baseline: Picked | None = None) -> Question:
    """The question about a picture, with another one as its baseline."""
    card = classifier.card
    shown = [picked] if baseline is None else [picked, baseline]
    own = tuple(hashlib.sha256(one.image.tobytes()).hexdigest() if one.slug in (OWN, SCENE) else "" for one in shown)
    key = ("picture", card.slug, str(card.folder or ""), *(one.slug for one in shown), own, target)
    nothing = None if baseline is None else classifier.pixels(baseline.image)
    ours = not any(own) and card.folder is None
    return Question(key, ours, classifier, classifier.pixels(picked.image), target, nothing)


def of_text(classifier: "TextClassifier | NextToken", encoding: "Encoding", text: str, target: int) -> Question:
    """The question about the current text; its answers stay in the visitor's session."""
    card = classifier.card
    return Question(
        ("text", card.slug, str(card.folder or ""), classifier.labels, text, target),
        False,
        classifier,
        encoding,
        target,
    )


def finished(question: Question, name: str, options: Mapping[str, Any]) -> Explained | None:
    """The full answer of the method called ``name``, if it is kept."""
    return question.find("map", name, options)


def rough(question: Question, name: str, options: Mapping[str, Any]) -> Explained | None:
    """The best answer that the method had when it was stopped, if it had one."""
    return of_this_session().get((question.key, "rough", name, frozen(options)))


def explain(question: Question, name: str, options: Mapping[str, Any], report: Report) -> Iterator[Explained]:
    """A rough answer, if the method has one, then the full one; each is kept, also when the run is cut off between."""

    def hold(found: Explained) -> None:
        of_this_session().put((question.key, "rough", name, frozen(options)), found)

    def told(fraction: float, found: Explained | None) -> None:
        if found is not None:
            hold(found)
        report(fraction, found)

    wanted = asked(question, name, options)
    for found in refined(question.classifier, question.inputs, name, question.target, wanted, told):
        if found.rough:
            hold(found)
        else:
            question.keep(found, "map", name, options)
        yield found


def asked(question: Question, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """``options``, with the visitor's own baseline where the method called ``name`` starts from one."""
    takes = question.own_baseline is not None and any(p.name == "baseline" for p in METHODS_BY_NAME[name].params)
    return {**options, "own_baseline": question.own_baseline} if takes else dict(options)


def full(question: Question, name: str, options: Mapping[str, Any], tell: Callable[[float], None]) -> Explained:
    """The full answer, kept or made now; ``tell`` hears the fraction done."""
    found = finished(question, name, options)
    if found is None:
        tell(0.0)
        *_, found = explain(question, name, options, lambda fraction, _: tell(fraction))
    return found


def curves(question: Question, one: Explained, plan: Mapping[str, Any]) -> Curves:
    """Deletion and insertion of one answer, beside their controls; random cells are run once for all maps."""
    classifier, inputs, target = question.classifier, question.inputs, question.target

    def of_pixels() -> Curves:
        how = deletion.Plan(**plan)
        whatever = {**plan, "control": None}  # random cells are the same beside every control
        scattered = question.once(
            lambda: deletion.scattered_bands(classifier, inputs, target, how), "scattered", whatever
        )
        return deletion.trust_curves(classifier, inputs, one.values, target, how, scattered)

    def of_words() -> Curves:
        return text_deletion.trust_text_curves(classifier, inputs, list(one.values), target, **plan)

    make = of_words if one.words else of_pixels
    return question.once(make, "curves", one.values.tobytes(), plan)


def frozen(value: Any) -> Any:
    """``value`` as something that can be a key."""
    if isinstance(value, Mapping):
        return tuple(sorted((name, frozen(one)) for name, one in value.items()))
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return hashlib.sha256(value).digest() if isinstance(value, bytes) else value
