"""Chromium for the tests: where it is, how it is started, and how a fresh machine gets it."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def find() -> str | None:
    """The path of an installed Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> str:
    """Install Chromium with apt where this user may; returns a sentence on how it went, empty if all is well."""
    if find():
        return ""
    wanted = "The browser tests need Chromium: install the package chromium with your system's package manager."
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return wanted
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium"]):
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            return wanted
    return "" if find() else wanted


if __name__ == "__main__":
    sys.exit(install() or None)
