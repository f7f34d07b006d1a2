"""A visitor without a browser: speaks the app's own websocket protocol, so that reruns can be timed."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def serve(*flags: str) -> Iterator[tuple[str, int]]:
    """The app on a free port; gives its host:port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={address.split(':')[1]}"]
    command += ["--server.headless=true", "--server.address=127.0.0.1", "--server.fileWatcherType=none", *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait(address)
            yield address, process.pid
        finally:
            process.terminate()


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://{address}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the app did not start")


class Visitor:
    """One open page of the app."""

    def __init__(self, address: str) -> None:
        origin = f"http://{address}"
        self._socket: ClientConnection = connect(
            f"ws://{address}/_stcore/stream",
            subprotocols=["streamlit"],  # pyright: ignore[reportArgumentType]
            origin=origin,  # pyright: ignore[reportArgumentType]
            max_size=None,
            open_timeout=30,
        )

    def rerun(self, page: str = "", query: str = "") -> float:
        """Run a page's script once; seconds until it has finished."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        start = time.perf_counter()
        self._socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self._socket.recv(timeout=180))  # pyright: ignore[reportArgumentType]
            if answer.WhichOneof("type") == "script_finished":
                return time.perf_counter() - start

    def settle(self, quiet: float = 10.0) -> None:
        """Read on until the server has been silent for ``quiet`` seconds: some visits take several runs of a script."""
        while True:
            try:
                self._socket.recv(timeout=quiet)
            except TimeoutError:
                return

    def close(self) -> None:
        """Leave."""
        self._socket.close()
