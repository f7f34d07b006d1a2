"""An explanation as code: a script and a notebook that repeat it with plain captum and transformers.

The parts in ``takeaway/explain_*.py`` are modules that tools can check; see `core.program`.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from core import params
from core.attribution import Method
from core.attribution.words import units
from core.errors import PlaygroundError
from core.finetuning.takehome.names import MODEL_FILES, requirements
from core.finetuning.takehome.zipped import clean
from core.models import ModelCard, hub
from core.models.text_classifier import ZERO_SHOT_SCALE, ZeroShot
from core.program import Program, plain, program
from core.studies.attribution_files import png

if TYPE_CHECKING:
    from core.models.image_classifier import ImageClassifier

PARTS = Path(__file__).with_name("takeaway")
TEMPLATE = "This text is about {}."
_WITH_BASELINE = {"Integrated gradients", "Occlusion"}
TOLD = {
    "Grad-CAM": "explain_grad_cam",
    "Occlusion": "explain_occlusion",
    "Integrated gradients": "explain_integrated_gradients",
    "Saliency": "explain_saliency",
    "Input × gradient": "explain_input_x_gradient",
    "Layer integrated gradients": "explain_layer_integrated_gradients",
    "Token ablation": "explain_token_ablation",
    "Layer gradient × activation": "explain_layer_gradient_x_activation",
}
"""Method → the part that computes it."""


@dataclass(frozen=True)
class Explanation:
    """What is to be repeated.

    Attributes:
        classifier: an `ImageClassifier` or `TextClassifier`, as it was loaded from its card.
        example: the picture, upright, or the text.
        options: the method's settings; what is left out takes its default.
        template: the sentence that a label is put in, for a sentence encoder.
    """

    classifier: Any
    example: Image.Image | str
    method: Method
    target: int
    options: Mapping[str, Any] = field(default_factory=dict)
    template: str = TEMPLATE


def why_not(method: Method, options: Mapping[str, Any]) -> str | None:
    """None, or the sentence why this cannot be told as code."""
    if method.name not in TOLD:
        return f"{method.name} is computed here in a way of its own, so it is not offered as code."
    if options.get("sum_by") == "length":
        return "The size of the gradient is not offered as code; choose that of the product."
    if options.get("own_baseline") is not None:
        return "An explanation against your own baseline is not offered as code; choose one of the others."
    return None


def script(explanation: Explanation) -> str:
    """As one Python file.

    Raises:
        PlaygroundError: see `why_not`.
    """
    return told(explanation).script()


def notebook(explanation: Explanation) -> str:
    """As a Jupyter notebook; raises as `script` does."""
    return told(explanation).notebook()


def code_zip(explanation: Explanation) -> bytes:
    """``explain.py``, ``explain.ipynb``, what they read and the versions they need; raises as `script` does."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _contents(explanation):
            archive.writestr(f"explanation/{name}", content)
    return packed.getvalue()


def ships(card: ModelCard) -> bool:
    """Whether the model must come along: it is a visitor's own, or is not on the Hub in this form."""
    return not card.on_hub


def told(explanation: Explanation) -> Program:
    """The program; raises as `script` does."""
    method, classifier = explanation.method, explanation.classifier
    if reason := why_not(method, explanation.options):
        raise PlaygroundError(reason)
    if method.kind == "image":
        names = ["explain_picture", *(["explain_baseline"] if method.name in _WITH_BASELINE else [])]
        names += [TOLD[method.name], "explain_save_picture"]
    else:
        reads = "explain_zero_shot" if isinstance(classifier.model, ZeroShot) else "explain_text"
        names = [reads, TOLD[method.name], "explain_save_text"]
    label = plain(classifier.labels[explanation.target], "this class")
    about = (
        f"Repeats how {method.name} explained the answer {label} of {plain(classifier.card.title, 'a model')}.\n"
        "Install what requirements.txt names, then run this in its folder."
    )
    return program(
        f"Why {label}", about, PARTS / "explain_settings.py", [PARTS / f"{n}.py" for n in names], constants(explanation)
    )


def constants(explanation: Explanation) -> dict[str, Any]:
    """The names in the part with the settings, with the values of this explanation."""
    classifier, card = explanation.classifier, explanation.classifier.card
    known = {param.name for param in explanation.method.params}
    asked = {name: value for name, value in explanation.options.items() if name in known}
    options = params.clean(explanation.method.params, asked)
    values = {name.upper(): value for name, value in options.items()}
    values |= {
        "MODEL": "model" if ships(card) else card.hub_id,
        "REVISION": None if ships(card) else card.revision,
        "TARGET": explanation.target,
    }
    if isinstance(explanation.example, str):
        values |= {"TEXT": explanation.example, "MAX_TOKENS": classifier.max_tokens, "LABELS": list(classifier.labels)}
        values |= {"SENTENCE": explanation.template, "SHARPNESS": ZERO_SHOT_SCALE}
        if "unit" in options:
            values["GROUPS"] = units(classifier.encode(explanation.example), options["unit"])
    elif "layer" in options:
        values["LAYER"] = _layer(classifier, explanation.example, options["layer"])
    return values


def _layer(classifier: "ImageClassifier", picture: Image.Image, choice: str) -> str:
    """The name, inside the network, of the layer that Grad-CAM takes."""
    from core.attribution.grad_cam import layer_name
    from core.attribution.watch import Watch, Watched

    with classifier.lock:
        return layer_name(Watched(classifier, Watch()), classifier.pixels(picture), choice)


def _contents(explanation: Explanation) -> Iterator[tuple[str, bytes]]:
    made = told(explanation)
    yield "explain.py", made.script().encode()
    yield "explain.ipynb", made.notebook().encode()
    yield "requirements.txt", requirements(explanation.method.kind, "captum").encode()
    if isinstance(explanation.example, Image.Image):
        yield "input.png", png(explanation.example.convert("RGB"))
    if ships(card := explanation.classifier.card):
        folder = hub.locate(card)
        for name in MODEL_FILES:
            if (folder / name).is_file():
                yield f"model/{name}", clean(folder / name)
