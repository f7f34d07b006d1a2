"""The sample travels; an own text file fills the field, a bad one leaves it as it was."""

from streamlit.testing.v1 import AppTest


def pictures() -> None:
    import streamlit as st

    from ui import inputs

    st.session_state["picked"] = inputs.image().slug


def words() -> None:
    import streamlit as st

    from ui import frame, inputs

    with frame.plain_errors():
        st.session_state["cleaned"] = inputs.text()


def test_a_shared_link_brings_its_picture() -> None:
    app = AppTest.from_function(pictures)
    app.query_params["picture"] = "rocket"
    assert app.run().session_state["picked"] == "rocket"
    assert app.run().session_state["picked"] == "rocket"


def test_an_unknown_picture_falls_back_to_the_first_sample() -> None:
    app = AppTest.from_function(pictures)
    app.query_params["picture"] = "../etc/passwd"
    app.run()
    assert not app.exception and app.session_state["picked"] == "cat"
    assert app.query_params["picture"] in ("cat", ["cat"])


def test_empty_text_gets_a_sentence() -> None:
    app = AppTest.from_function(words).run()
    app.text_area[0].set_value(" \u202e ").run()
    assert "Enter some text" in app.error[0].value


def test_hostile_text_is_cleaned_and_told() -> None:
    app = AppTest.from_function(words).run()
    app.text_area[0].set_value("plain \u202e text").run()
    assert app.session_state["cleaned"] == "plain  text"
    assert any("invisible" in c.value for c in app.caption)
