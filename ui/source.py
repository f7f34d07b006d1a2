"""The code that ran: the very functions, as they stand in the project."""

import inspect
from collections.abc import Callable
from types import ModuleType

import streamlit as st

from core.config import ROOT


def show(*functions: Callable | type | ModuleType) -> None:
    """Each function's source with the file it lives in."""
    for function in functions:
        file = inspect.getsourcefile(function)
        assert file is not None
        st.caption(f"`{file.removeprefix(str(ROOT)).lstrip('/')}`")
        st.code(inspect.cleandoc("\n" + inspect.getsource(function)), language="python", wrap_lines=True)
