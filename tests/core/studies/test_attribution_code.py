"""The explanation as code repeats the explanation: executed in a clean process that knows nothing of us."""

import ast
import csv
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.attribution import METHODS, METHODS_BY_NAME
from core.attribution.result import explain_picture, explain_text
from core.data.samples import SAMPLES_BY_SLUG, load_image
from core.errors import PlaygroundError
from core.models import MODELS_BY_SLUG
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier, zero_shot
from core.models.text_encoder import TextEncoder
from core.studies.attribution_code import TOLD, Explanation, code_zip, notebook, script, why_not

AS_NOTEBOOK = """
import json
names = {"__name__": "__main__"}
for cell in json.load(open("explain.ipynb", encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
"""
CLEAN = "import sys\nassert not [n for n in sys.modules if n.split('.')[0] in ('core', 'ui')]\n"
LABELS = ["complaint", "praise", "news", "advertising"]
QUICK = {"n_steps": 10, "window": 96, "stride": 64}
TEXT = "My parcel came late and broken, and nobody answers. I want a refund. Unbelievable!"


@pytest.fixture(scope="module")
def pictures() -> ImageClassifier:
    torch.set_num_threads(1)
    return ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"])


@pytest.fixture(scope="module")
def sorter() -> TextClassifier:
    torch.set_num_threads(1)
    return zero_shot(TextEncoder.load(MODELS_BY_SLUG["all-minilm-l6-v2"]), LABELS)


def executed(explanation: Explanation, folder: Path, *arguments: str) -> list[list[str]]:
    """The rows of ``attribution.csv`` after the code ran alone."""
    with zipfile.ZipFile(io.BytesIO(code_zip(explanation))) as archive:
        assert not [name for name in archive.namelist() if b"/work/" in archive.read(name)]
        archive.extractall(folder)
    inner = folder / "explanation"
    if not (inner / "model").exists():  # the Hub is out of reach of tests: put its copy where the script looks
        from core.models import hub

        repository = inner / explanation.classifier.card.hub_id
        repository.parent.mkdir()
        repository.symlink_to(hub.locate(MODELS_BY_SLUG[explanation.classifier.card.slug]))
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PLAY_", "PYTHON"))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-I", *arguments], cwd=inner, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with (inner / "attribution.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def asked(method: str, **options: object) -> dict[str, object]:
    names = {param.name for param in METHODS_BY_NAME[method].params}
    return {name: value for name, value in {**QUICK, **options}.items() if name in names}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Saliency", {}),
        ("Input × gradient", {}),
        ("Integrated gradients", {"baseline": "noise", "more": False}),
        ("Integrated gradients", {"baseline": "black", "more": True}),
        ("Grad-CAM", {}),
        ("Grad-CAM", {"layer": "finer"}),
        ("Occlusion", {"baseline": "blur"}),
        ("Occlusion", {"baseline": "white"}),
    ],
)
def test_a_picture_gets_the_same_map(pictures, tmp_path, name, options):
    cat = load_image(SAMPLES_BY_SLUG["cat"])
    explanation = Explanation(pictures, cat, METHODS_BY_NAME[name], 281, asked(name, **options))
    ours = explain_picture(pictures, pictures.pixels(cat), name, 281, explanation.options).values
    theirs = np.array(executed(explanation, tmp_path, "explain.py"), dtype=float)
    assert np.abs(ours - theirs).max() <= 1e-3 * np.abs(ours).max()
    assert (tmp_path / "explanation" / "attribution.png").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Layer integrated gradients", {"baseline": "mask"}),
        ("Token ablation", {"unit": "word", "hide": "pad"}),
        ("Token ablation", {"unit": "sentence", "hide": "mask"}),
        ("Layer gradient × activation", {}),
    ],
)
def test_a_text_gets_the_same_credit(sorter, tmp_path, name, options):
    explanation = Explanation(sorter, TEXT, METHODS_BY_NAME[name], 0, asked(name, **options))
    ours = explain_text(sorter, sorter.encode(TEXT), name, 0, explanation.options)
    head, *rows = executed(explanation, tmp_path, "explain.py")
    assert head == ["word", "credit"]
    assert [word.casefold() for word, _ in rows] == [word.text for word in ours.words]
    theirs = np.array([float(value) for _, value in rows])
    assert np.abs(ours.values - theirs).max() <= 1e-3 * np.abs(ours.values).max()


@pytest.mark.slow
def test_the_notebook_does_the_same(sorter, tmp_path):
    explanation = Explanation(sorter, TEXT, METHODS_BY_NAME["Token ablation"], 1)
    ours = explain_text(sorter, sorter.encode(TEXT), "Token ablation", 1, {})
    rows = executed(explanation, tmp_path, "-c", CLEAN + AS_NOTEBOOK + CLEAN)[1:]
    theirs = np.array([float(value) for _, value in rows])
    assert np.abs(ours.values - theirs).max() <= 1e-3 * np.abs(ours.values).max()


def test_every_method_is_told_or_says_why(sorter):
    assert set(TOLD) <= set(METHODS_BY_NAME)
    for method in METHODS:
        reason = why_not(method, {})
        assert (reason is None) == (method.name in TOLD)
    untold = next(m for m in METHODS if m.kind == "text" and m.name not in TOLD)
    with pytest.raises(PlaygroundError, match="not offered as code"):
        script(Explanation(sorter, TEXT, untold, 0))


def test_hostile_words_stay_words(sorter):
    text, label = 'x"]\nimport os; os.system("x") #', '"""\nimport os'
    hostile = zero_shot(TextEncoder(sorter.card, sorter.model.encoder, sorter.tokenizer), [label, "praise"])
    for name in ("Token ablation", "Layer integrated gradients"):
        explanation = Explanation(hostile, text, METHODS_BY_NAME[name], 0, template='{} """')
        code = script(explanation)
        tree = ast.parse(code)
        assert "os" not in {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
        assert '"""\nimport os' not in notebook(explanation).replace("\\n", "\n").replace('\\"', '"').split("LABELS")[0]
        values = {
            n.targets[0].id: ast.literal_eval(n.value)
            for n in tree.body
            if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and n.targets[0].id.isupper()
        }
        assert values["TEXT"] == text and values["LABELS"] == [label, "praise"] and "core." not in code


def test_the_code_is_short(pictures):
    cat = load_image(SAMPLES_BY_SLUG["cat"])
    code = script(Explanation(pictures, cat, METHODS_BY_NAME["Grad-CAM"], 281))
    assert 'MODEL = "model"' in code and "N_STEPS" not in code and len(code.splitlines()) < 80
    assert 'LAYER = "efficientnet.encoder.top_activation"' in code
