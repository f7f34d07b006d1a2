"""Every figure: data in, ``plotly.graph_objects.Figure`` out; one module per subject."""
