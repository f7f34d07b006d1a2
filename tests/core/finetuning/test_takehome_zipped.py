"""The zip, opened in a clean process that knows nothing of us."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core.errors import NotFound
from core.finetuning.report import read_report
from core.finetuning.takehome import model_card, names, zipped

ALLOWED = {".safetensors", ".json", ".md", ".py", ".txt"}
# The same model by the libraries alone, beside the script's own answers.
ALONE = """
import json, runpy, sys
from pathlib import Path
folder, items = Path(sys.argv[1]), json.loads(sys.argv[2])
script = runpy.run_path(str(folder / "predict.py"))
import torch, transformers
assert not [name for name in sys.modules if name.split(".")[0] in ("core", "ui")]
if (folder / "tokenizer.json").exists():
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    read = transformers.AutoTokenizer.from_pretrained(folder)
    inputs = [read(item, truncation=True, return_tensors="pt") for item in items]
else:
    from PIL import Image
    model = transformers.AutoModelForImageClassification.from_pretrained(folder)
    read = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")
    inputs = [read(Image.open(item).convert("RGB"), return_tensors="pt") for item in items]
with torch.inference_mode():
    probs = [model.eval()(**one).logits[0].softmax(0).tolist() for one in inputs]
print(json.dumps({"library": probs, "script": script["predict"](items), "class": type(model).__name__}))
"""


def answers_elsewhere(folder: Path, items: list[str]) -> dict:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLAY_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(folder), json.dumps(items)],
        cwd=folder.parent, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


slow = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "strategy"),
    [
        ("text", "probe"),
        ("image", "partial"),
        pytest.param("text", "partial", marks=slow),
        pytest.param("image", "probe", marks=slow),
    ],
)
def test_the_zip_answers_the_same_without_us(make_task, toy, kind: str, strategy: str, tmp_path: Path) -> None:
    data = toy[kind]
    task = make_task(data, strategy, {"num_train_epochs": 2})
    task.run()
    report = read_report(task.folder)
    assert report is not None
    with zipfile.ZipFile(io.BytesIO(zipped.model_zip(task.folder / "result"))) as archive:
        assert {Path(name).suffix for name in archive.namelist()} <= ALLOWED
        assert all(name.startswith("taste/") and ".." not in name for name in archive.namelist())
        for name in archive.namelist():
            content = archive.read(name)
            assert str(tmp_path).encode() not in content and b"/work" not in content, name
        archive.extractall(tmp_path / "elsewhere")
    rows = [answer.index for answer in report.answers[:4]]
    items = [data.examples[row] for row in rows]
    if kind == "image":
        items = []
        for row in rows:
            data.image(row).save(tmp_path / f"{row}.png")
            items.append(str(tmp_path / f"{row}.png"))
    found = answers_elsewhere(tmp_path / "elsewhere" / "taste", items)
    assert (
        found["class"] == {"text": "BertForSequenceClassification", "image": "EfficientNetForImageClassification"}[kind]
    )
    for answer, library, script in zip(report.answers, found["library"], found["script"], strict=False):
        assert library[answer.predicted] == pytest.approx(answer.prob, abs=1e-4)
        assert list(script) == list(data.labels)
        assert script[data.labels[answer.predicted]] == pytest.approx(answer.prob, abs=1e-4)


def test_the_card_tells_what_matters(make_task, toy) -> None:
    task = make_task(toy["text"], base="tiny-text")
    task.run()
    report = read_report(task.folder)
    assert report is not None
    words = model_card.model_card(report)
    for part in ("license: mit", "base_model: tests/tiny-text", "95 %", "| praise | 40 |", "seed 42", "held out"):
        assert part in words, part
    assert "torch==" in names.requirements("text") and "pillow==" in names.requirements("image")


def test_an_unfinished_job_has_nothing_to_take_home(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no finished model"):
        zipped.model_zip(tmp_path)


def test_a_title_becomes_a_plain_name() -> None:
    assert names.file_name("Café <b> ../../x") == "caf-b-x"
    assert names.file_name("Кошки") == "my-model"


def test_a_visitors_words_stay_words_in_the_card() -> None:
    assert model_card.cell("![t](http://x) <b> | `a`") == r"\!\[t\](http://x) \<b\> \| \`a\`"
