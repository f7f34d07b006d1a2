"""A picture of the visitor's choice as the "nothing here" that methods start from."""

import streamlit as st

from core.config import Limits
from core.data import images, samples
from ui.inputs import OWN, Picked, sample_image

_AS_SET, _UPLOAD = "as set", "upload"
_HELP = "Methods with a baseline ask what this picture has that the baseline has not."


def choose() -> Picked | None:
    """The picture that stands in for every method's baseline setting; None leaves them.

    Raises:
        PlaygroundError: what was uploaded cannot be read.
    """
    ours = {sample.slug: sample.title for sample in samples.SAMPLES if sample.kind == "image"}
    titles = {_AS_SET: "As each method is set", **ours, _UPLOAD: "A picture of yours"}
    slug = st.selectbox(
        "Baseline picture", list(titles), format_func=titles.__getitem__, key="own_baseline", help=_HELP
    )
    if slug == _AS_SET:
        return None
    if slug != _UPLOAD:
        return Picked(sample_image(slug), ours[slug], slug)
    upload = st.file_uploader("Picture", ["png", "jpg", "jpeg", "webp"], key="own_baseline.file")
    if upload is None:
        return None
    return Picked(images.read_image(upload.getvalue(), Limits.from_env()).image, "Your baseline", OWN)
