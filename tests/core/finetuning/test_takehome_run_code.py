"""The run as code repeats the run: executed in a clean process that knows nothing of us."""

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import NotFound, PlaygroundError
from core.finetuning.report import Report, read_report
from core.finetuning.takehome import run_code
from core.finetuning.takehome.run_zip import run_zip

# A notebook's cells one after another, as a kernel would run them.
AS_NOTEBOOK = """
import json
cells = json.load(open("finetune.ipynb", encoding="utf-8"))["cells"]
names = {"__name__": "__main__"}
for cell in cells:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
"""
CLEAN = "import sys\nassert not [n for n in sys.modules if n.split('.')[0] in ('core', 'ui')]\n"
slow = pytest.mark.slow


def unpacked(task, folder: Path) -> tuple[Report, Path]:
    """The run's report, and the folder of its code."""
    report = read_report(task.folder)
    assert report is not None
    with zipfile.ZipFile(io.BytesIO(run_zip(task.folder))) as archive:
        for name in archive.namelist():
            assert Path(name).suffix in {".py", ".ipynb", ".txt", ".jsonl", ".png", ".jpg", ".json", ".safetensors"}
            assert str(task.folder).encode() not in archive.read(name) and b"/work" not in archive.read(name), name
        archive.extractall(folder)
    (inner,) = folder.iterdir()
    return report, inner


def answers(folder: Path, *arguments: str) -> dict:
    """What the code in ``folder`` answered, run alone."""
    (folder / "answers.json").unlink(missing_ok=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLAY_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-I", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "answers.json").read_text())


def recipe_of(task, **changes) -> run_code.Recipe:
    """The recipe of a task's run, its report changed."""
    recipe = run_code.Recipe.of(task.folder / "result")
    return replace(recipe, report=replace(recipe.report, **changes))


def assert_same(found: dict, report: Report) -> None:
    """The same accuracy, and each answer's probability to 1e-4."""
    assert found["accuracy"] == pytest.approx(report.accuracy)
    assert found["rows"] == [answer.index for answer in report.answers]
    for probs, answer in zip(found["probs"], report.answers, strict=True):
        assert probs[answer.predicted] == pytest.approx(answer.prob, abs=1e-4)


@pytest.mark.parametrize("kind", ["text", pytest.param("image", marks=slow)])
def test_the_probe_repeats(make_task, toy, tmp_path: Path, kind: str) -> None:
    task = make_task(toy[kind], "probe", {"seed": 7, "max_seq_length": 32} if kind == "text" else {"seed": 7})
    task.run()
    report, folder = unpacked(task, tmp_path / "away")
    assert_same(answers(folder, "finetune.py"), report)
    assert_same(answers(folder, "-c", CLEAN + AS_NOTEBOOK + CLEAN), report)


@slow
@pytest.mark.parametrize("kind", ["text", "image"])
@pytest.mark.parametrize("strategy", ["partial", "full"])
def test_strategies_that_change_the_network_repeat(make_task, toy, tmp_path: Path, kind: str, strategy: str) -> None:
    task = make_task(toy[kind], strategy, {"num_train_epochs": 3, "class_weights": True, "lr_scheduler_type": "cosine"})
    task.run()
    report, folder = unpacked(task, tmp_path / "away")
    assert report.best_epoch > 0, "the test must see what learning changed"
    assert_same(answers(folder, "finetune.py"), report)


@slow
def test_several_classes_repeat(make_task, toy, tmp_path: Path) -> None:
    sets = tuple((0, 1) if i % 5 == 0 else (t,) for i, t in enumerate(toy["text"].targets))
    task = make_task(replace(toy["text"], target_sets=sets))
    task.run()
    report, folder = unpacked(task, tmp_path / "away")
    assert report.multi_label
    assert_same(answers(folder, "finetune.py"), report)


@slow
def test_a_run_that_was_stopped_repeats(make_task, toy, tmp_path: Path) -> None:
    asked = iter(range(1000))
    task = make_task(toy["text"], stopping=lambda: next(asked) > 20)
    task.run()
    report, folder = unpacked(task, tmp_path / "away")
    assert report.stopped and len(report.history) < 100
    assert_same(answers(folder, "finetune.py"), report)


def test_the_code_is_a_lesson(make_task, toy) -> None:
    task = make_task(toy["text"])
    task.run()
    recipe = recipe_of(task)
    report, code = recipe.report, recipe.script()
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert {"HEAD_LEARNING_RATE", "HEAD_EPOCHS", "LABELS"} <= names and "takeaway" not in code
    assert len(code.splitlines()) < 160 and max(map(len, code.splitlines())) <= 120
    assert 'LABELS = ["blame", "praise"]' in code and f"HEAD_WEIGHT_DECAY = {report.settings['weight_decay']}" in code
    cells = json.loads(recipe.notebook())["cells"]
    assert [cell["cell_type"] for cell in cells[:3]] == ["markdown", "code", "markdown"]
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_hostile_words_stay_words(make_task, toy) -> None:
    task = make_task(toy["text"])
    task.run()
    title, label = '"""\nimport os', "x']; import os; ['"
    hostile = recipe_of(task, title=title, base_title=title, labels=(label, "praise"))
    for code in (hostile.script(), hostile.notebook()):
        assert '"""\nimport' not in code
    tree = ast.parse(hostile.script())
    assert "os" not in {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assigned = [n for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "LABELS"]
    values = [ast.literal_eval(node.value) for node in assigned]
    assert values == [[label, "praise"]]


def test_what_cannot_be_repeated_says_so(make_task, toy, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no finished model"):
        run_zip(tmp_path)
    task = make_task(toy["text"])
    task.run()
    with pytest.raises(PlaygroundError, match="cannot be told as code"):
        recipe_of(task, strategy="magic").script()
    for file in (task.folder / "inputs").iterdir():
        file.unlink()
    with pytest.raises(NotFound, match="have been removed"):
        run_zip(task.folder)
