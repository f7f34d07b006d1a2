"""Class buckets on the page: name a class, drop pictures into it or shoot them, see how many it has."""

import base64
import binascii

import streamlit as st

from core.config import Limits
from core.data.buckets import MOST_PICTURES, Buckets
from core.data.labelled import LabelledImages, contact_sheet, decode
from core.errors import PlaygroundError
from ui import camera
from ui.words import count, literal

_HELD = "buckets"  # this session's own
_TROUBLE, _NOTICES = "buckets.trouble", "buckets.notices"
_NAME = "buckets.name"
_SHOWN = 16
_JPEG = "data:image/jpeg;base64,"
_MOST_TOLD = 3


def choose() -> LabelledImages | None:
    """Draw the buckets; what they hold as examples, or None while there is nothing."""
    buckets: Buckets = st.session_state.setdefault(_HELD, Buckets())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("New class", key=_NAME, placeholder="cat", max_chars=60, on_change=_add_class, width=260)
        st.button("Add class", icon=":material/add:", on_click=_add_class, key="buckets.add")
    if trouble := st.session_state.get(_TROUBLE):
        st.error(literal(trouble), icon=":material/error:")
    for sentence in st.session_state.get(_NOTICES, ()):
        st.caption(f":material/info: {literal(sentence)}")
    if not buckets.shots:
        st.caption("Add two classes or more, then drop pictures into each or take them with your camera.")
    for at, label in enumerate(list(buckets.shots)):
        _bucket(buckets, at, label)
    hours = Limits.from_env().keep_hours
    kept = f" and are removed {count(hours, 'hour')} after a run at the latest" if hours else ""
    st.caption(f"Your pictures stay in this session on this server{kept}; {MOST_PICTURES} are the most.")
    return buckets.labelled()


def _bucket(buckets: Buckets, at: int, label: str) -> None:
    shots = buckets.shots[label]
    with st.container(border=True, key=f"bucket.{at}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{literal(label)}** · {count(len(shots), 'picture')}", width="stretch")
            st.button(
                "Remove last",
                key=f"bucket.{at}.last",
                disabled=not shots,
                help=f"Remove the last picture of {label}",
                on_click=buckets.remove_picture,
                args=(label, len(shots) - 1),
            )
            st.button(
                "Remove class",
                key=f"bucket.{at}.remove",
                help=f"Remove {label} with its pictures",
                on_click=_remove_class,
                args=(label,),
            )
        if shots:
            pictures = [decode(shot.encoded) for shot in shots[-_SHOWN:]]
            st.image(contact_sheet(pictures, columns=_SHOWN, side=72), alt=f"The newest pictures of {label}")
        how = st.segmented_control(
            "How to add",
            ["Upload", "Camera"],
            default="Upload",
            key=f"bucket.{at}.how",
            required=True,
            label_visibility="collapsed",
        )
        if how == "Camera":
            camera.bursts(f"bucket.{at}.camera", label, lambda frames: _take_shots(label, frames))
            return
        key = f"bucket.{at}.files.{buckets.taken}"  # a new uploader each time: it would hold the large files
        kinds = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff"]
        st.file_uploader(f"Pictures of {literal(label)}", kinds, accept_multiple_files=True, key=key,
                         on_change=_take_files, args=(label, key))  # fmt: skip


def _add_class() -> None:
    st.session_state.pop(_TROUBLE, None)
    try:
        _held().add_class(st.session_state.get(_NAME) or "")
        st.session_state[_NAME] = ""
    except PlaygroundError as error:
        st.session_state[_TROUBLE] = str(error)


def _remove_class(label: str) -> None:
    _held().remove_class(label)
    st.session_state.pop(_TROUBLE, None)
    st.session_state.pop(_NOTICES, None)


def _take_files(label: str, key: str) -> None:
    files = st.session_state.get(key) or []
    take(label, [(file.name, file.getvalue()) for file in files])
    _held().taken += 1  # the next uploader is empty, also where nothing could be read


def _take_shots(label: str, frames: list[str]) -> None:
    """Frames of the camera as data URLs; what is not one is left out, since a browser can send anything."""
    decoded: list[tuple[str, bytes]] = []
    for frame in frames[: camera.MOST_FRAMES]:
        if not isinstance(frame, str) or not frame.startswith(_JPEG):
            continue
        try:
            decoded.append(("", base64.b64decode(frame.removeprefix(_JPEG), validate=True)))
        except (binascii.Error, ValueError):
            continue
    take(label, decoded)


def take(label: str, files: list[tuple[str, bytes]]) -> None:
    """Put files (name, bytes) into a class; what cannot be read is told by name, the rest is kept."""
    buckets, refused, adapted = _held(), [], 0
    st.session_state.pop(_TROUBLE, None)
    for name, data in files:
        try:
            adapted += bool(buckets.add_picture(label, data, name))
        except PlaygroundError as error:
            refused.append(f"{name}: {error}" if name else str(error))
    if refused:
        more = f" And {len(refused) - _MOST_TOLD} more." if len(refused) > _MOST_TOLD else ""
        st.session_state[_TROUBLE] = " ".join(refused[:_MOST_TOLD]) + more
    st.session_state[_NOTICES] = [f"{count(adapted, 'picture')} adapted."] if adapted else []


def _held() -> Buckets:
    return st.session_state.setdefault(_HELD, Buckets())
