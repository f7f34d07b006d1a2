"""The entrypoint: page configuration and navigation, nothing else. Start it with `make run`."""

import streamlit as st

from ui import frame, navigation

frame.configure()
page = st.navigation(navigation.menu())
frame.arrive()
page.run()
