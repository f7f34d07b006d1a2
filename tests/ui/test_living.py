"""A living figure keeps its place in the page while its content changes."""

import json
from pathlib import Path

import plotly
from streamlit.testing.v1 import AppTest


def _page():
    import plotly.graph_objects as go
    import streamlit as st

    from ui import living

    height = 200 + st.number_input("more", key="more")
    living.show(go.Figure(go.Scatter(y=[1, 2]), layout={"height": height}), "curve", "A line that rises.")


def shown(at):
    [chart] = at.get("bidi_component")
    return chart.proto, json.loads(chart.proto.json)


def test_the_same_key_is_the_same_chart_with_other_data():
    at = AppTest.from_function(_page).run()
    before, data = shown(at)
    assert data["alt"] == "A line that rises."
    assert json.loads(data["figure"])["layout"]["height"] == 200
    at.number_input(key="more").set_value(50).run()
    after, changed = shown(at)
    assert after.id == before.id
    assert json.loads(changed["figure"])["layout"]["height"] == 250


def test_its_library_is_the_installed_one_and_comes_from_this_server():
    at = AppTest.from_function(_page).run()
    source = shown(at)[1]["source"]
    assert source.startswith("/component/") and source.endswith(f"plotly.min.js?v={plotly.__version__}")
    assert (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").is_file()
