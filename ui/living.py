"""Figures that move: the same chart redrawn in place, several times a second.

``st.plotly_chart`` names a chart by its content, so every new frame would be a new chart in the browser: built from
nothing, blank for a moment. This component keeps its chart and hands it new data (``Plotly.react``). Its library is
the one inside the installed plotly package, served as it lies there.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import plotly
import streamlit as st
from streamlit.components.v1 import declare_component
from streamlit.components.v2 import component

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_CSS = """
.living { width: 100%; position: relative; }
.living .modebar { opacity: 0; transition: opacity .2s; }
.living:hover .modebar, .living:focus-within .modebar { opacity: 1; }
"""

_JS = """
const loading = (source) => globalThis.Plotly ? Promise.resolve(globalThis.Plotly)
  : (globalThis.playgroundPlotly ??= new Promise((done, failed) => {
      const script = document.createElement("script")
      script.src = source
      script.onload = () => done(globalThis.Plotly)
      script.onerror = failed
      document.head.append(script)
    }))
const charts = new WeakMap()

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".living")
  const figure = JSON.parse(data.figure)
  const aspect = figure.layout.meta?.aspect // a figure that keeps its shape leaves no empty band on a phone
  if (aspect && place.offsetWidth) figure.layout.height = Math.min(figure.layout.height, place.offsetWidth * aspect)
  place.style.height = `${figure.layout.height}px`
  place.setAttribute("role", "group")
  place.setAttribute("aria-label", data.alt)
  const chart = charts.get(place) ?? { busy: false, next: null, watch: null }
  charts.set(place, chart)

  const style = getComputedStyle(place)
  const text = style.getPropertyValue("--st-text-color") || "#808495"
  const panel = style.getPropertyValue("--st-secondary-background-color") || "#FFFFFF"
  figure.layout.font = { family: style.getPropertyValue("--st-font") || "sans-serif", size: 13, color: text,
    ...figure.layout.font }
  figure.layout.hoverlabel = { bgcolor: panel, bordercolor: text, font: { color: text }, align: "left" }
  figure.layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: text, orientation: "v" }
  figure.layout.autosize = true
  const config = { displaylogo: false, responsive: false, toImageButtonOptions: { format: "svg" },
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"] }

  // A browser slower than the frames draws only the newest, and rests as long as it drew, so that clicks get through.
  chart.next = () => globalThis.Plotly.react(place, figure.data, figure.layout, config)
  const draw = async () => {
    if (chart.busy) return
    chart.busy = true
    await loading(data.source)
    while (chart.next) {
      const now = chart.next
      const started = performance.now()
      chart.next = null
      await now()
      place.dataset.drawn = String(Number(place.dataset.drawn ?? 0) + 1)
      await new Promise((done) => setTimeout(done, Math.min(performance.now() - started, 500)))
    }
    chart.busy = false
  }
  draw()
  chart.watch ??= new ResizeObserver(() => {
    if (place.data && place.offsetWidth) globalThis.Plotly.Plots.resize(place)
  })
  chart.watch.observe(place)
  return () => {
    chart.watch.disconnect()
    chart.watch = null
    if (place.data) globalThis.Plotly.purge(place)
    charts.delete(place)
  }
}
"""

_chart = component("living_figure", html='<div class="living"></div>', css=_CSS, js=_JS, isolate_styles=False)
_library = declare_component("plotly", path=str(Path(plotly.__file__).parent / "package_data"))


def show(figure: "Figure", key: str, alt: str) -> None:
    """Draw ``figure``, or redraw the one with the same ``key`` in its place; ``alt`` says in words what it shows."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    source = f"{'/' + base if base else ''}/component/{_library.name}/plotly.min.js?v={plotly.__version__}"
    _chart(key=key, data={"figure": figure.to_json(), "alt": alt, "source": source})
