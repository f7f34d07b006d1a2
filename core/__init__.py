"""What the playground can do: pleasant to call from a notebook, a test or a worker; never imports Streamlit."""
