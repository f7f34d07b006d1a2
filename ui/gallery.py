"""Examples with a caption each, redrawn in place: what stays keeps its element, so that nothing blinks."""

from collections.abc import Sequence
from typing import Any

from streamlit.components.v2 import component

from core.data.labelled import Labelled, LabelledImages, label_words
from ui.inputs import thumbnail
from ui.words import percent

_SHOWN_LETTERS = 160

_CSS = """
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(112px, 1fr)); gap: 10px;
  margin: 0; padding: 0; list-style: none; font-family: var(--st-font);
  color: var(--st-text-color); font-size: 13px; line-height: 1.35; }
.gallery.texts { grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); }
.gallery li { background: var(--st-secondary-background-color); border-radius: var(--st-base-radius); padding: 8px;
  overflow-wrap: anywhere; }
.gallery img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; margin-bottom: 6px; }
.gallery p { margin: 0 0 6px 0; height: 5.4em; overflow: hidden; }
.gallery small { font-size: 13px; }
"""

_JS = """
export default function ({ data, parentElement }) {
  const list = parentElement.querySelector(".gallery")
  list.setAttribute("aria-label", data.label)
  list.classList.toggle("texts", data.items.some((item) => item.text))
  list.style.minHeight = `${Math.max(parseFloat(list.style.minHeight) || 0, list.offsetHeight)}px`
  const held = new Map([...list.children].map((element) => [element.dataset.row, element]))
  const wanted = data.items.map((item) => {
    const element = held.get(String(item.row)) ?? made(item)
    element.querySelector("small").textContent = item.caption
    return element
  })
  if (wanted.length !== list.children.length || wanted.some((element, at) => list.children[at] !== element))
    list.replaceChildren(...wanted)
}

function made(item) {
  const element = document.createElement("li")
  element.dataset.row = item.row
  const shown = document.createElement(item.src ? "img" : "p")
  if (item.src) {
    shown.src = item.src
    shown.alt = item.name
  } else shown.textContent = item.text
  element.append(shown, document.createElement("small"))
  return element
}
"""

_gallery = component("examples_gallery", html='<ul class="gallery"></ul>', css=_CSS, js=_JS)


def show(data: Labelled, answers: Sequence[tuple[int, str]], key: str, label: str) -> None:
    """Show examples by row, each with its caption; ``label`` names the list for a screen reader."""
    known = [(row, caption) for row, caption in answers if 0 <= row < len(data)]
    _gallery(key=key, data={"label": label, "items": [_item(data, row, caption) for row, caption in known]})


def answer_words(data: Labelled, row: int, answered: str, prob: float) -> str:
    """What an example is and what was answered instead."""
    return f"{label_words(data, row)}, answered {answered} ({percent(prob)})"


def _item(data: Labelled, row: int, caption: str) -> dict[str, Any]:
    item = {"row": row, "caption": caption, "name": data.names[row]}
    if isinstance(data, LabelledImages):
        return {**item, "src": thumbnail(data.examples[row], 160)}
    text = data.examples[row]
    return {**item, "text": text if len(text) <= _SHOWN_LETTERS else text[: _SHOWN_LETTERS - 1] + "…"}
