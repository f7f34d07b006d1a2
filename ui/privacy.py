"""Where a visitor's data goes, and the button that wipes it."""

import streamlit as st

from core import jobs
from core.config import Limits
from core.errors import PlaygroundError
from ui import visitor
from ui.words import count


def statement() -> None:
    """What stays where and for how long, with Wipe."""
    hours = Limits.from_env().keep_hours
    kept = f"are removed after {count(hours, 'hour')}" if hours else "stay until you wipe them"
    st.write(
        "Pictures and texts that you bring stay on this server, in your session, and are gone when you close the page. "
        f"What you fine-tune on, and your models, lie in your job's folder and {kept}. Nothing is sent anywhere else."
    )
    if st.button(
        "Wipe my data", icon=":material/delete:", on_click=wipe, help="Your jobs, models, uploads and settings."
    ):
        st.caption("Wiped.")


def wipe() -> None:
    """Stop and remove this visitor's jobs with their folders, and empty the session."""
    if owner := visitor.known_owner():
        for job in jobs.list_jobs(owner):
            try:
                jobs.remove(job.id, owner)
            except PlaygroundError:  # still ending: stop it now, the clean-up removes it
                jobs.stop(job.id, owner)
    st.query_params.clear()
    for key in list(st.session_state):
        if not str(key).startswith("frame."):
            del st.session_state[key]
