"""Starter models loaded once for these tests, and a Hub cache that a test fills with tiny random networks."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from core.data import samples
from core.models import MODELS_BY_SLUG, ModelCard

torch.set_num_threads(1)
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def cat() -> Image.Image:
    return samples.load_image(samples.SAMPLES_BY_SLUG["cat"])


@pytest.fixture(scope="session")
def lite0():
    from core.models.image_classifier import ImageClassifier

    return ImageClassifier.load(MODELS_BY_SLUG["efficientnet-lite0"])


@pytest.fixture(scope="session")
def minilm():
    from core.models.text_encoder import TextEncoder

    return TextEncoder.load(MODELS_BY_SLUG["all-minilm-l6-v2"])


@pytest.fixture(scope="session")
def smollm():
    from core.models.text_generator import TextGenerator

    return TextGenerator.load(MODELS_BY_SLUG["smollm2-135m"])


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[ModelCard], Path]:
    """A function that makes an empty snapshot of ``card`` in a Hub cache of this test's own."""
    cache = tmp_path / "hub"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))

    def snapshot(card: ModelCard) -> Path:
        repo = cache / f"models--{card.hub_id.replace('/', '--')}"
        (repo / "refs").mkdir(parents=True)
        (repo / "refs" / "main").write_text(COMMIT)
        folder = repo / "snapshots" / COMMIT
        folder.mkdir(parents=True)
        return folder

    return snapshot


def _timm_name(name: str) -> str:
    """The name in timm 1.0.31's tf_efficientnet_lite0 of one of the packaged tensors (compared with timm by hand)."""
    repeats = (1, 2, 2, 3, 3, 4, 1)
    parts = name.split(".")
    if parts[0] != "_blocks":
        ends = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
        return ".".join([ends[parts[0]], *parts[1:]])
    stage, repeat = 0, int(parts[1])
    while repeat >= repeats[stage]:
        repeat, stage = repeat - repeats[stage], stage + 1
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    other = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
    other |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
    return f"blocks.{stage}.{repeat}.{(other if stage else first)[parts[2]]}.{parts[3]}"


@pytest.fixture(scope="session")
def packaged_state() -> dict[str, torch.Tensor]:
    """The packaged tensors of lite0 under their own names."""
    from core.models import catalog, hub

    source = hub._source(catalog.EFFICIENTNET_LITE0)
    assert source is not None
    return torch.load(source, weights_only=True)


@pytest.fixture(scope="session")
def timm_state(packaged_state) -> dict[str, torch.Tensor]:
    """The same tensors under the names that the Hub copy has."""
    return {_timm_name(name): tensor for name, tensor in packaged_state.items()}
