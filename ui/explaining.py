"""Explanations kept for the next run: of our samples for everybody, of a visitor's own things in their session only."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.attribution.metrics import deletion, text_deletion
from core.attribution.metrics.base import Band, Curve, Erased
from core.attribution.result import Explained, explain_picture, explain_text
from ui.inputs import OWN, Picked

if TYPE_CHECKING:
    import numpy as np

    from core.models.image_classifier import ImageClassifier
    from core.models.text_classifier import Encoding, TextClassifier

Curves = dict[Erased, Curve]


def picture_map(
    classifier: "ImageClassifier", picked: Picked, name: str, target: int, options: Mapping[str, Any]
) -> Explained:
    """One method's map of the current picture."""
    call = _map_of_sample if _ours(classifier, picked) else _map_of_own
    return call(classifier, picked.image, _key(classifier, picked), name, target, dict(options))


def picture_curves(
    classifier: "ImageClassifier", picked: Picked, values: "np.ndarray", target: int, options: Mapping[str, Any]
) -> Curves:
    """Deletion and insertion of one map of the current picture; random cells are run once for all maps."""
    ours = _ours(classifier, picked)
    key, plan = _key(classifier, picked), deletion.Plan(**options)
    scattered = (_scattered_of_sample if ours else _scattered_of_own)(classifier, picked.image, key, target, plan)
    call = _curves_of_sample if ours else _curves_of_own
    return call(classifier, picked.image, scattered, key, values, target, plan)


@st.cache_data(max_entries=24, scope="session", show_spinner=False)
def text_map(
    _classifier: "TextClassifier", _encoding: "Encoding", key: tuple, name: str, target: int, options: dict[str, Any]
) -> Explained:
    """One method's credit of each word; ``key`` says which model and text."""
    return explain_text(_classifier, _encoding, name, target, options)


@st.cache_data(max_entries=24, scope="session", show_spinner=False)
def text_curves(
    _classifier: "TextClassifier",
    _encoding: "Encoding",
    key: tuple,
    values: "np.ndarray",
    target: int,
    options: dict[str, Any],
) -> Curves:
    """Deletion and insertion of one text's words; ``key`` as above."""
    return text_deletion.trust_text_curves(_classifier, _encoding, list(values), target, **options)


def _ours(classifier: "ImageClassifier", picked: Picked) -> bool:
    """Whether neither the picture nor the model is a visitor's own."""
    return picked.slug != OWN and classifier.card.folder is None


def _key(classifier: "ImageClassifier", picked: Picked) -> tuple[str, str, bytes]:
    own = picked.image.tobytes() if picked.slug == OWN else b""
    return (f"{classifier.card.slug} {classifier.card.folder or ''}", picked.slug, own)


def _map(_classifier, _image, key: tuple, name: str, target: int, options: dict[str, Any]) -> Explained:
    return explain_picture(_classifier, _classifier.pixels(_image), name, target, options)


def _scattered(_classifier, _image, key: tuple, target: int, plan: deletion.Plan) -> dict[Erased, Band]:
    return deletion.scattered_bands(_classifier, _classifier.pixels(_image), target, plan)


def _curves(
    _classifier, _image, _scattered, key: tuple, values: "np.ndarray", target: int, plan: deletion.Plan
) -> Curves:
    return deletion.trust_curves(_classifier, _classifier.pixels(_image), values, target, plan, _scattered)


_map_of_sample = st.cache_data(max_entries=96, show_spinner=False)(_map)
_map_of_own = st.cache_data(max_entries=16, scope="session", show_spinner=False)(_map)
_scattered_of_sample = st.cache_data(max_entries=48, show_spinner=False)(_scattered)
_scattered_of_own = st.cache_data(max_entries=8, scope="session", show_spinner=False)(_scattered)
_curves_of_sample = st.cache_data(max_entries=96, show_spinner=False)(_curves)
_curves_of_own = st.cache_data(max_entries=16, scope="session", show_spinner=False)(_curves)
