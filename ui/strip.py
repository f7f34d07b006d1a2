"""A strip of pictures to choose from: one click, arrow keys, or a screen reader's radio group."""

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.components.v2 import component

_CSS = """
.strip { display: flex; flex-wrap: wrap; gap: 8px; padding: 3px; }
button {
  border: 2px solid transparent; border-radius: var(--st-base-radius); padding: 0; cursor: pointer;
  background: var(--st-secondary-background-color); color: var(--st-text-color); width: 76px;
  font-family: var(--st-font); font-size: 12px; line-height: 18px; overflow: hidden;
}
button img { display: block; width: 100%; height: 60px; object-fit: cover; }
button span { display: block; padding: 1px 4px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
button:hover { border-color: var(--st-border-color); }
button[aria-checked="true"] { border-color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip")
  strip.setAttribute("aria-label", data.label)
  const known = [...strip.children].map((b) => b.dataset.slug).join()
  if (known !== data.items.map((i) => i.slug).join()) {
    strip.replaceChildren(...data.items.map((item) => {
      const button = document.createElement("button")
      button.type = "button"
      button.dataset.slug = item.slug
      button.setAttribute("role", "radio")
      const picture = document.createElement("img")
      picture.src = item.src
      picture.alt = ""
      const name = document.createElement("span")
      name.textContent = item.title
      button.title = item.title
      button.append(picture, name)
      return button
    }))
  }
  const buttons = [...strip.children]
  const current = Math.max(0, data.items.findIndex((i) => i.slug === data.selected))
  buttons.forEach((button, at) => {
    const picture = button.querySelector("img")
    if (picture.src !== data.items[at].src) picture.src = data.items[at].src
    button.setAttribute("aria-checked", String(button.dataset.slug === data.selected))
    button.tabIndex = at === current ? 0 : -1
    button.onclick = () => setTriggerValue("picked", button.dataset.slug)
    button.onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
      if (!step) return
      event.preventDefault()
      const next = buttons[(at + step + buttons.length) % buttons.length]
      next.focus()
      setTriggerValue("picked", next.dataset.slug)
    }
  })
}
"""

_STRIP = component("picture_strip", html='<div class="strip" role="radiogroup"></div>', css=_CSS, js=_JS)


def choose(
    label: str,
    items: Sequence[tuple[str, str, str]],
    selected: str | None,
    key: str,
    on_pick: Callable[[str], None],
) -> None:
    """Show ``items`` (slug, title, picture as a data URL); ``on_pick`` gets the slug before the next run."""

    def picked() -> None:
        slug = st.session_state[key].picked
        if slug in {item[0] for item in items}:
            on_pick(slug)

    _STRIP(
        key=key,
        data={
            "label": label,
            "selected": selected,
            "items": [{"slug": slug, "title": title, "src": src} for slug, title, src in items],
        },
        on_picked_change=picked,
    )
