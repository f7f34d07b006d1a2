"""One warm, niced process that runs every visitor's lab, beside the app: commands in, frames out.

A thread in the app would train three to four times slower and freeze everybody's page. The client (`client.py`)
starts the process when the first lab opens; `wire.py` is how they talk; `process.py` shares the time.
"""
