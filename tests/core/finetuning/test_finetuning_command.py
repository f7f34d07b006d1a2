"""The command line: flags, a run on a folder and on a table, Ctrl-C, going on, and two processes together."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.finetuning import __main__ as cli
from core.finetuning import job, reading, spool
from core.finetuning.command import parser, settings_of
from core.finetuning.report import Report
from core.finetuning.takehome import zipped

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def table(toy, tmp_path: Path) -> Path:
    """The toy texts as JSON Lines with odd column names."""
    data = toy["text"]
    lines = [{"words": text, "kind": data.labels[t]} for text, t in zip(data.examples, data.targets, strict=True)]
    (tmp_path / "taste.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path / "taste.jsonl"


@pytest.fixture
def folder(toy, tmp_path: Path) -> Path:
    """The toy pictures in class folders, and a file that is none."""
    data = toy["image"]
    for i, target in enumerate(data.targets):
        (tmp_path / "photos" / data.labels[target]).mkdir(parents=True, exist_ok=True)
        data.image(i).save(tmp_path / "photos" / data.labels[target] / f"{i:03d}.png")
    (tmp_path / "photos" / "red" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "photos"


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C and limits as they were."""
    for name in cli._UNLIMITED:
        monkeypatch.setenv(f"PLAY_{name}", "1000")
    held = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, held)


def command(*words: object) -> int:
    return cli.main([str(word) for word in words])


def report_in(out: Path) -> Report:
    return Report.from_json((out / "report.json").read_text())


def test_a_folder_of_pictures(make_task, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert command(folder, "--out", tmp_path / "out", "--base", "tiny-image", "--seed", 5) == 0
    said = capsys.readouterr()
    report = report_in(tmp_path / "out")
    assert report.seed == 5 and report.title == "photos" and report.labels == ("blue", "red")
    assert (
        "examples are right" in said.out and "Training the new layer" in said.err and "1 file was left out" in said.err
    )
    files = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"model.safetensors", "predict.py", "README.md", "card.json"} <= files and cli.WORK not in files


def test_a_table_with_named_columns(make_task, table: Path, tmp_path: Path) -> None:
    words = ("--base", "tiny-text", "--strategy", "partial", "--num-train-epochs", 1, "--learning_rate", 0.001)
    columns = ("--text", "words", "--label", "kind", "--title", "My taste")
    assert command(table, "--out", tmp_path / "out", *words, *columns) == 0
    report = report_in(tmp_path / "out")
    assert (report.strategy, report.title, report.settings["learning_rate"]) == ("partial", "My taste", 0.001)
    assert report.settings["batch_size"] == 16  # the strategy's own default


def test_the_same_model_as_through_the_page(make_task, toy, table: Path, tmp_path: Path) -> None:
    task = make_task(toy["text"])
    task.run()
    command(table, "--out", tmp_path / "out", "--base", "tiny-text")
    theirs = Report.from_json((task.folder / "result/report.json").read_text())
    mine = report_in(tmp_path / "out")
    assert [a.prob for a in mine.answers] == pytest.approx([a.prob for a in theirs.answers], abs=1e-6)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere", "--out", "x"], "There is no file or folder 'nowhere'"),
        (["README.md", "--out", "x"], "is no folder, zip or table"),
        (["core", "--out", "tests"], "is not empty"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    words: list[str], says: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = [str(tmp_path / word) if word == "x" else word for word in words]
    monkeypatch.chdir(ROOT)
    assert command(*words) == 1
    assert says in capsys.readouterr().err


def test_unknown_bases_and_settings_are_told(make_task, table: Path, tmp_path: Path, capsys) -> None:
    assert command(table, "--out", tmp_path / "a", "--base", "magic") == 1
    assert "no model 'magic'" in capsys.readouterr().err
    assert command(table, "--out", tmp_path / "b", "--base", "tiny-text", "--batch-size", 4) == 1
    assert "batch_size" in capsys.readouterr().err
    with contextlib.suppress(SystemExit):
        command("--help")
    help_text = capsys.readouterr().out
    assert "--early-stopping-patience" in help_text and "torchrun" in help_text and "Ctrl-C" in help_text


def test_ctrl_c_keeps_the_best(make_task, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = job.run

    def interrupted(task):
        for record in real(task):
            yield record
            if record.get("epoch") == 2 and record["phase"] == "blocks":
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(job, "run", interrupted)
    words = ("--base", "tiny-text", "--strategy", "partial", "--num-train-epochs", 20)
    assert command(table, "--out", tmp_path / "out", *words) == 0
    assert report_in(tmp_path / "out").stopped


def test_a_killed_run_goes_on(make_task, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    words = (table, "--out", tmp_path / "out", "--base", "tiny-text", "--strategy", "partial", "--num-train-epochs", 3)
    real = job.run

    def killed(task):
        for record in real(task):
            yield record
            if record.get("epoch") == 2 and "wrong" in record:
                raise SystemExit(9)

    monkeypatch.setattr(job, "run", killed)
    with pytest.raises(SystemExit):
        command(*words)
    monkeypatch.setattr(job, "run", real)
    capsys.readouterr()
    assert command(*words) == 0
    assert "goes on from what was saved" in capsys.readouterr().err
    assert [record["epoch"] for record in report_in(tmp_path / "out").history] == [0, 1, 2, 3]


def test_what_was_taken_home_is_a_base(make_task, toy, table: Path, tmp_path: Path) -> None:
    base = taken_home(make_task(toy["text"]), tmp_path)
    assert command(table, "--out", tmp_path / "out", "--base", base) == 0
    assert report_in(tmp_path / "out").base.startswith("own-")


def taken_home(task, tmp_path: Path) -> Path:
    """The unpacked zip of a run."""
    task.run()
    (tmp_path / "model.zip").write_bytes(zipped.model_zip(task.folder / "result"))
    with zipfile.ZipFile(tmp_path / "model.zip") as archive:
        archive.extractall(tmp_path / "base")
    return tmp_path / "base" / "taste"


def test_a_folder_never_lies_in_memory(folder: Path, tmp_path: Path) -> None:
    notices = reading.prepare(folder, tmp_path / "inputs")
    data = spool.read(tmp_path / "inputs")
    assert type(data.examples).__name__ == "Packed" and len(data) == 48 and "broken.png" in notices[0]
    assert data.labels == ("blue", "red") and data.image(3).size == (32, 32)  # pyright: ignore


def test_settings_that_were_not_given_stay_open() -> None:
    found = settings_of(parser().parse_args(["x", "--out", "y", "--class-weights", "--lora_r", "4"]))
    assert found == {"class_weights": True, "lora_r": 4}


NOTED = """
import json, os, sys
from core.finetuning import ranks
from core.finetuning.__main__ import main
seen, share = [], ranks.share
def noted(rows):
    own = share(rows)
    seen.append([list(rows), own])
    return own
ranks.share = noted
code = main(sys.argv[2:])
open(f"{sys.argv[1]}.{ranks.rank()}", "w").write(json.dumps({"world": ranks.world(), "seen": seen}))
sys.exit(code)
"""


@pytest.mark.slow
def test_two_processes_train_together(make_task, toy, table: Path, tmp_path: Path, own_home: Path) -> None:
    base = taken_home(make_task(toy["text"]), tmp_path)
    config = json.loads((base / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}  # dice differ between processes
    (base / "config.json").write_text(json.dumps(config))
    script = tmp_path / "noted.py"
    script.write_text(NOTED)
    words = [str(table), "--base", str(base), "--strategy", "full", "--num-train-epochs", "2", "--batch-size", "8"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PLAY_HOME": str(own_home), "OMP_NUM_THREADS": "1"}
    reports = {}
    for world in (1, 2):
        out = tmp_path / f"out{world}"
        done = subprocess.run(
            [*launch, str(world), str(script), str(tmp_path / f"seen{world}"), *words, "--out", str(out)],
            env=environment, cwd=tmp_path, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert ("2 processes train together" in done.stderr) == (world == 2)
        reports[world] = report_in(out)
    notes = [json.loads((tmp_path / f"seen2.{rank}").read_text()) for rank in (0, 1)]
    assert [note["world"] for note in notes] == [2, 2]
    pairs = list(zip(notes[0]["seen"], notes[1]["seen"], strict=True))
    assert len(pairs) > 10
    for (batch, first), (same, second) in pairs:
        assert batch == same and sorted(first + second) == sorted(batch) and not set(first) & set(second)
    mine, theirs = reports[2], reports[1]
    assert mine.accuracy == theirs.accuracy
    assert [a.prob for a in mine.answers] == pytest.approx([a.prob for a in theirs.answers], abs=1e-3)
    for ours, other in zip(mine.history, theirs.history, strict=True):
        assert ours["val_loss"] == pytest.approx(other["val_loss"], rel=1e-3)


@pytest.mark.slow
def test_a_real_ctrl_c(table: Path, tmp_path: Path) -> None:
    words = [str(table), "--out", str(tmp_path / "out"), "--strategy", "full", "--num-train-epochs", "20"]
    log = tmp_path / "log.txt"
    environment = {**os.environ, "PLAY_HOME": str(ROOT / ".playground")}
    with log.open("w") as stderr:
        started = subprocess.Popen(
            [sys.executable, "-m", "core.finetuning", *words], cwd=ROOT, stderr=stderr, env=environment
        )
    deadline = time.monotonic() + 120
    while "Training the network" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    assert started.wait(60) == 0, log.read_text()
    assert report_in(tmp_path / "out").stopped
