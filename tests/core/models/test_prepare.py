"""The two commands: preparing what packages bring, and asking the Hub for revisions."""

import subprocess
import sys

from core.config import ROOT
from core.models import hub, pin, prepare


def test_a_second_run_does_nothing_and_loads_nothing(lite0, minilm, smollm):
    code = "import sys; from core.models import prepare; prepare.main(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_wrong_weights_are_told_and_counted(monkeypatch, capsys):
    def wrong(card):
        raise hub.PlaygroundError("The packaged weights are not the published ones; install them again.")

    monkeypatch.setattr(hub, "needs_preparing", lambda card: True)
    monkeypatch.setattr(hub, "locate", wrong)
    assert prepare.main() == 1 and "install them again" in capsys.readouterr().err


def test_pinning_without_the_hub_is_one_sentence(capsys):
    assert pin.main() == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_pinning_prints_a_commit_a_model(monkeypatch, capsys):
    monkeypatch.setattr(hub, "online", lambda: True)
    monkeypatch.setattr(
        "huggingface_hub.HfApi.model_info", lambda self, hub_id, timeout: type("Info", (), {"sha": "a" * 40})
    )
    assert pin.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("efficientnet-lite0\t" + "a" * 40)
