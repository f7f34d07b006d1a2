"""A rehearsal of Community Cloud: a fresh clone, a fresh environment with requirements.txt alone, no Hub."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ui.navigation import PAGES

pytestmark = pytest.mark.slow  # an environment of 1 GB is installed first
ROOT = Path(__file__).resolve().parent.parent
OFFLINE = {"vision", "transfer_learning", "explainability", "training"}  # answer from requirements.txt alone
FROM_THE_HUB = {"nlp", "generation"}  # their starter models come as packages that Cloud does not install


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict:
    place = tmp_path_factory.mktemp("cloud")
    clone, venv = place / "clone", place / "venv"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", clone], check=True)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    python = venv / "bin" / "python"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-compile", "-r", clone / "requirements.txt"], check=True
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PLAY_", "PYTHON"))}
    env |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(place / "hub"), "PYTHONPATH": str(clone)}
    done = subprocess.run(
        [python, "-m", "tests.cloud_visit"], cwd=clone, env=env, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("slug", [row.slug for row in PAGES])
def test_every_page_opens(shown: dict, slug: str) -> None:
    assert not shown[slug]["exceptions"]
    assert shown[slug]["titles"]


@pytest.mark.parametrize("slug", sorted(OFFLINE))
def test_what_needs_no_hub_answers(shown: dict, slug: str) -> None:
    assert not shown[slug]["errors"]
    assert shown[slug]["charts"]


@pytest.mark.parametrize("slug", sorted(FROM_THE_HUB))
def test_what_cannot_be_had_says_so_in_one_sentence(shown: dict, slug: str) -> None:
    (sentence,) = shown[slug]["errors"]
    assert "is not on this machine and the Hub cannot be reached" in sentence.replace("\\", "")
    assert not shown[slug]["charts"]
