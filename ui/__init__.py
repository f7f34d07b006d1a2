"""The shared Streamlit code: frame, widgets from parameters, pickers, resources, panels."""
