"""A real server and a real Chromium for the journeys, with helpers that wait for Streamlit instead of sleeping."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from core import config
from tests import chromium

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = ("--server.headless=true", "--server.address=127.0.0.1")
# A deep link makes Streamlit's own client look for these beside the page first; both are answered at the root.
BENIGN = ("_stcore/health", "_stcore/host-config")
SETTLED = "[data-testid=stApp][data-test-script-state=notRunning]"

expect.set_options(timeout=30_000)


@dataclass
class Server:
    """A running app: its address, its process, its PLAY_HOME."""

    url: str
    process: subprocess.Popen
    home: Path
    stop: Callable[[], None] = field(default=lambda: None)
    start: Callable[[], None] = field(default=lambda: None)

    def restart(self) -> None:
        """Kill it and start it again, on the same port and home."""
        self.stop()
        self.start()


@contextmanager
def serve(home: Path, entry: str = "app.py") -> Iterator[Server]:
    """The app on a free port of this machine, with ``home`` as its PLAY_HOME."""
    home.mkdir(exist_ok=True)
    if (weights := config.home() / "models").exists() and not (home / "models").exists():
        (home / "models").symlink_to(weights)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}", _start(entry, port, home), home)

    def stop() -> None:
        server.process.kill()
        server.process.wait()

    def start() -> None:
        server.process = _start(entry, port, home)

    server.stop, server.start = stop, start
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(20)


def _start(entry: str, port: int, home: Path) -> subprocess.Popen:
    env = os.environ | {"PLAY_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", entry, f"--server.port={port}", *FLAGS]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return process
        except OSError:
            time.sleep(0.1)
    raise AssertionError((home / "server.log").read_text()[-2000:])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the journeys that do not disturb it."""
    with serve(tmp_path_factory.mktemp("app") / "home") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "Chromium is missing; `make test` says how to get it."
    with sync_playwright() as play:
        with_args = play.chromium.launch(executable_path=path, args=list(chromium.ARGS))
        yield with_args
        with_args.close()


class Visit:
    """One visitor's browser tab, and what it may never show."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        self.console: list[str] = []
        self.outside: list[str] = []
        page.on("console", self._said)
        page.on("request", lambda r: self._asked(r.url))

    def open(self, path: str = "", **query: str) -> "Visit":
        words = "&".join(f"{k}={v}" for k, v in query.items())
        self.page.goto(f"{self.server.url}/{path}{'?' + words if words else ''}")
        return self.settle()

    def settle(self, timeout: float = 90_000) -> "Visit":
        """Wait until the script has run and nothing is stale."""
        self.page.wait_for_selector(SETTLED, timeout=timeout)
        self.page.wait_for_timeout(250)
        self.page.wait_for_selector(SETTLED, timeout=timeout)
        return self

    def go(self, title: str) -> "Visit":
        """Switch the page by the menu."""
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).first.click()
        expect(self.page.get_by_role("heading", name=title, exact=True).first).to_be_visible(timeout=60_000)
        return self.settle()

    def keyed(self, key: str) -> Any:
        """The element whose widget key is ``key``."""
        return self.page.locator(f".st-key-{key.replace('.', '-')}")

    def text(self) -> str:
        return self.page.get_by_test_id("stMain").inner_text()

    def clean(self) -> None:
        """Nothing that belongs to programmers was shown, logged or fetched from elsewhere."""
        shown = self.page.inner_text("body")
        for leak in ("Traceback", 'File "', "/site-packages/", "object at 0x", str(ROOT), "Error:", ".py"):
            assert leak not in shown, f"the page shows {leak!r}"
        assert self.page.get_by_test_id("stException").count() == 0
        assert not self.outside, f"asked elsewhere: {self.outside}"
        assert not self.console, f"console: {self.console}"

    def _said(self, message: ConsoleMessage) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not any(b in where or b in message.text for b in BENIGN):
            self.console.append(message.text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).scheme in {"http", "https"} and not url.startswith(self.server.url):
            self.outside.append(url)


@pytest.fixture
def new_visit(browser: Browser, server: Server) -> Iterator[Callable[..., Visit]]:
    """Open tabs: ``new_visit(width=…, dark=…, server=…)``; each is a visitor of its own."""
    opened = []

    def new(*, width: int = 1440, height: int = 900, dark: bool = False, at: Server = server) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", accept_downloads=True
        )
        opened.append(context)
        return Visit(context.new_page(), at)

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def visit(new_visit: Callable[..., Visit]) -> Visit:
    return new_visit()
