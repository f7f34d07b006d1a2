"""A camera that shoots while its button is held, for filling a class quickly; frames arrive as small JPEGs."""

from collections.abc import Callable

import streamlit as st
from streamlit.components.v2 import component

MOST_FRAMES = 40  # of one burst

_HTML = """
<div class="camera">
  <video muted playsinline></video>
  <div class="side">
    <button type="button" class="shoot" disabled>Hold to shoot</button>
    <p role="status">Your browser will ask whether this page may use the camera.</p>
  </div>
</div>
"""

_CSS = """
.camera { display: flex; flex-wrap: wrap; gap: 16px; align-items: center; font-family: var(--st-font);
  color: var(--st-text-color); font-size: 14px; }
video { width: 224px; height: 168px; object-fit: cover; border-radius: var(--st-base-radius);
  background: var(--st-secondary-background-color); transform: scaleX(-1); }
.side { flex: 1 1 160px; }
button { border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); padding: 8px 16px;
  background: var(--st-background-color); font: inherit; color: inherit; cursor: pointer; touch-action: none;
  user-select: none; }
button:hover:enabled, button.on { border-color: var(--st-primary-color); color: var(--st-primary-color); }
button:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: .5; cursor: default; }
p { margin: 8px 0 0 0; }
"""

_JS = """
const cameras = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".camera")
  const [video, button, status] = ["video", ".shoot", "p"].map((name) => root.querySelector(name))
  button.setAttribute("aria-label", `Hold to shoot pictures of ${data.label}`)
  const camera = cameras.get(root) ?? { frames: [], timer: 0, stream: null, asked: false }
  cameras.set(root, camera)

  const grab = () => {
    if (camera.frames.length >= data.most || !video.videoWidth) return
    const scale = Math.min(1, 256 / Math.max(video.videoWidth, video.videoHeight))
    const canvas = document.createElement("canvas")
    canvas.width = Math.round(video.videoWidth * scale)
    canvas.height = Math.round(video.videoHeight * scale)
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height)
    camera.frames.push(canvas.toDataURL("image/jpeg", 0.85))
    status.textContent = `${camera.frames.length} of at most ${data.most}`
  }
  const begin = (event) => {
    if (camera.timer || button.disabled) return
    event.preventDefault()
    button.classList.add("on")
    grab()
    camera.timer = setInterval(grab, 250)
  }
  const end = () => {
    if (!camera.timer) return
    clearInterval(camera.timer)
    camera.timer = 0
    button.classList.remove("on")
    if (camera.frames.length) setTriggerValue("shot", camera.frames)
    camera.frames = []
  }
  button.onpointerdown = (event) => { button.setPointerCapture(event.pointerId); begin(event) }
  button.onpointerup = button.onpointercancel = button.onblur = end
  button.onkeydown = (event) => { if ([" ", "Enter"].includes(event.key)) begin(event) }
  button.onkeyup = (event) => { if ([" ", "Enter"].includes(event.key)) end() }

  if (!camera.asked) {
    camera.asked = true
    const stream = navigator.mediaDevices?.getUserMedia({ video: { width: 640, height: 480 } })
      ?? Promise.reject(new Error("no camera"))
    stream.then((granted) => {
      if (!root.isConnected) return granted.getTracks().forEach((track) => track.stop())
      camera.stream = video.srcObject = granted
      button.disabled = false
      status.textContent = "Four pictures a second: move the object while you hold."
      return video.play()
    }).catch(() => { status.textContent = "No camera can be used here: allow it in your browser, or upload pictures." })
  }
  return () => {
    clearInterval(camera.timer)
    camera.stream?.getTracks().forEach((track) => track.stop())
    cameras.delete(root)
  }
}
"""

_camera = component("burst_camera", html=_HTML, css=_CSS, js=_JS)


def bursts(key: str, label: str, on_shot: Callable[[list[str]], None]) -> None:
    """Show the camera; ``on_shot`` gets the frames of a burst as data URLs before the page runs again."""

    def shot() -> None:
        frames = st.session_state[key].shot
        if isinstance(frames, list):
            on_shot(frames)

    _camera(key=key, data={"label": label, "most": MOST_FRAMES}, on_shot_change=shot)
