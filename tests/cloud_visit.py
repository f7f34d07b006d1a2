"""Visits every page of the app in the environment it is started in, and prints what each shows, as JSON."""

import json
import sys

from streamlit.testing.v1 import AppTest

from ui.navigation import PAGES, ROOT


def visit() -> dict[str, dict[str, list[str] | int]]:
    """Page slug → what a visitor reads there."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300).run()
    shown = {}
    for row in PAGES:
        app.switch_page(row.file).run()
        shown[row.slug] = {
            "exceptions": [e.message for e in app.exception],
            "errors": [e.value for e in app.error],
            "titles": [t.value for t in app.title] + [s.value for s in app.header],
            "charts": sum(len(app.get(kind)) for kind in ("plotly_chart", "image", "imgs", "bidi_component")),
        }
    return shown


if __name__ == "__main__":
    print(json.dumps(visit()))
    sys.stdout.flush()
