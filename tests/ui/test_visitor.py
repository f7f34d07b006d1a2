"""The visitor's key and job live in the private link, and a share link leaves them out."""

from streamlit.testing.v1 import AppTest


def script() -> None:
    import streamlit as st

    from ui import share, visitor

    visitor.keep_keys()
    st.session_state["known"] = visitor.known_owner()
    if st.query_params.get("own"):
        st.session_state["mine"] = visitor.owner()
    st.session_state["watched"] = visitor.job()
    st.session_state["link"] = share.link()


def run(**query: str) -> AppTest:
    app = AppTest.from_function(script)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def test_no_key_is_made_before_something_is_owned() -> None:
    assert run().session_state["known"] is None


def test_a_key_is_long_and_enters_the_address() -> None:
    app = run(own="1")
    assert len(app.session_state["mine"]) >= 22
    assert app.query_params["me"] == app.session_state["mine"]


def test_the_link_brings_key_and_job_back() -> None:
    app = run(me="a" * 22, job="b" * 36)
    assert app.session_state["known"] == "a" * 22 and app.session_state["watched"] == "b" * 36


def test_a_malformed_key_is_no_key() -> None:
    assert run(me="../../etc/passwd").session_state["known"] is None


def test_the_share_link_leaves_the_keys_out() -> None:
    link = run(me="a" * 22, job="b" * 36, picture="cat").session_state["link"]
    assert "picture=cat" in link and "me=" not in link and "job=" not in link
