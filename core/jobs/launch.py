"""Start the supervisor and the workers: their own sessions, and only the environment that they need."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from core import config
from core.jobs.lock import held
from core.jobs.record import jobs_folder

# fmt: off
_PASSED = frozenset((
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "TRANSFORMERS_OFFLINE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
))
# fmt: on
_SECRET = ("TOKEN", "SECRET", "PASSWORD", "KEY")
# One thread beside a busy page learns faster than two; no access token, no statistics, no progress bars in the log.
_SET = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "PYTHONUNBUFFERED": "1",
}
_supervisors: dict[Path, subprocess.Popen[bytes]] = {}


def environment(own: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a job's process is given of our environment: an allow-list, never a secret."""
    passed = {name: value for name, value in own.items() if name in _PASSED or name.startswith("PLAY_")}
    passed = {name: value for name, value in passed.items() if not any(word in name for word in _SECRET)}
    paths = [str(config.ROOT), *filter(None, [passed.get("PYTHONPATH")])]
    return passed | _SET | {"PLAY_HOME": str(config.home().absolute()), "PYTHONPATH": os.pathsep.join(paths)}


def start(module: str, *arguments: str, log: Path, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start ``python -m module arguments`` in a session of its own, its words appended to ``log``."""
    with log.open("ab") as words:
        return _popen([sys.executable, "-m", module, *arguments], words, stdin)


def _popen(command: list[str], words: IO[bytes], stdin: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=stdin,
        stdout=words,
        stderr=subprocess.STDOUT,
        env=environment(),
        cwd=config.ROOT,
        start_new_session=True,
    )


def supervisor_lock() -> Path:
    """The lock that the machine's one supervisor holds."""
    return jobs_folder() / "supervisor.lock"


def ensure_supervisor() -> None:
    """Start this machine's supervisor unless it lives; cheap, so call it at every start and with every job."""
    folder = jobs_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if held(supervisor_lock()):
        return
    mine = _supervisors.get(folder)
    if mine is None or mine.poll() is not None:  # one that we started a moment ago has not taken its lock yet
        _supervisors[folder] = start("core.jobs.supervisor", log=folder / "supervisor.log")
