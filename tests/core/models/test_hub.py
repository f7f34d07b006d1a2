"""Where weights come from: package, cache, Hub; conversions that race or break; rows read with tiny random networks."""

import hashlib
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core import config
from core.errors import PlaygroundError, Unavailable
from core.models import MODELS_BY_SLUG, PackagedWeights, catalog, hub
from core.models.image_classifier import ImageClassifier
from core.models.text_classifier import TextClassifier
from core.models.text_encoder import TextEncoder
from core.models.text_generator import Message, Sampling, TextGenerator

made: list[str] = []


def convert_toy(source: Path, folder: Path) -> None:
    """A conversion for these tests: it counts its calls and takes a while."""
    made.append(source.name)
    threading.Event().wait(0.2)
    (folder / "config.json").write_text("{}")


def break_down(source: Path, folder: Path) -> None:
    (folder / "half").write_text("…")
    raise OSError("disk full")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A row whose package is a folder of this test, and an empty home."""
    package = tmp_path / "toy_weights_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "weights.bin").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PLAY_HOME", str(tmp_path / "home"))
    sha256 = "0" * 64
    weights = PackagedWeights(
        "toy==1", "toy_weights_package", "weights.bin", "weights.bin", sha256, f"{__name__}:convert_toy"
    )
    card = replace(MODELS_BY_SLUG["vit-base"], slug="toy", package=weights)
    monkeypatch.setitem(MODELS_BY_SLUG, "toy", card)
    return card


def with_right_hash(card, monkeypatch, **changes):
    assert card.package is not None
    right = replace(card.package, sha256=hashlib.sha256(b"weights").hexdigest(), **changes)
    card = replace(card, package=right)
    monkeypatch.setitem(MODELS_BY_SLUG, "toy", card)
    return card


def test_a_packaged_copy_is_converted_once_even_when_several_race(toy, monkeypatch):
    card = with_right_hash(toy, monkeypatch)
    made.clear()
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(hub.locate(card))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["weights.bin"] and set(folders) == {config.home() / "models" / "toy"}
    assert not hub.needs_preparing(card)


def test_weights_that_are_not_the_published_ones_are_refused(toy):
    made.clear()
    with pytest.raises(PlaygroundError, match="not the published ones"):
        hub.locate(toy)
    assert made == []


def test_a_conversion_that_breaks_leaves_nothing_that_counts(toy, monkeypatch):
    card = with_right_hash(toy, monkeypatch, convert=f"{__name__}:break_down")
    with pytest.raises(OSError, match="disk full"):
        hub.locate(card)
    assert hub.needs_preparing(card) and not (config.home() / "models" / "toy").exists()
    card = with_right_hash(toy, monkeypatch)
    assert (hub.locate(card) / "config.json").is_file() and not (hub.locate(card) / "half").exists()


def test_a_model_that_is_nowhere_is_told_with_one_that_is_here(hub_cache):
    card = MODELS_BY_SLUG["vit-base"]
    assert not hub.here(card) and hub.origin(card) == "Hub" and not hub.online()
    with pytest.raises(Unavailable) as told:
        hub.locate(card)
    assert str(told.value) == (
        "Vision Transformer base is not on this machine and the Hub cannot be reached; "
        "try EfficientNet-lite0, which is here."
    )


def test_a_snapshot_without_weights_does_not_count(hub_cache):
    card = MODELS_BY_SLUG["vit-base"]
    (hub_cache(card) / "config.json").write_text("{}")
    assert not hub.here(card)


def test_a_download_that_breaks_off_is_told_in_a_sentence(hub_cache, monkeypatch):
    def broken(*_, **__):
        raise ConnectionError("reset by peer /root/secret")

    monkeypatch.setattr(hub, "online", lambda: True)
    monkeypatch.setattr("huggingface_hub.snapshot_download", broken)
    with pytest.raises(Unavailable, match="broke off") as told:
        hub.locate(MODELS_BY_SLUG["vit-base"])
    assert "secret" not in str(told.value)


def test_a_download_asks_for_one_safetensors_file_at_the_pinned_revision(hub_cache, monkeypatch):
    asked = {}

    def download(repo_id, **options):
        asked.update(options, repo_id=repo_id)
        folder = hub_cache(card)
        (folder / "config.json").write_text("{}")
        return str(folder)

    card = replace(MODELS_BY_SLUG["vit-base"], revision="f" * 40)
    monkeypatch.setitem(MODELS_BY_SLUG, card.slug, card)
    monkeypatch.setattr(hub, "online", lambda: True)
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(Unavailable, match="no safetensors"):
        hub.locate(card)
    assert asked["repo_id"] == card.hub_id and asked["revision"] == "f" * 40
    assert "model.safetensors" in asked["allow_patterns"]
    assert not [name for name in asked["allow_patterns"] if name.endswith((".bin", ".index.json", "*"))]


def test_an_own_model_whose_files_are_gone_says_so(tmp_path):
    with pytest.raises(Unavailable, match="fine-tune it again"):
        hub.locate(replace(MODELS_BY_SLUG["vit-base"], folder=tmp_path / "gone"))


@pytest.mark.parametrize("damage", ["truncated", "pickle", "shapes"])
def test_damaged_weights_are_told_in_a_sentence(hub_cache, damage):
    card = MODELS_BY_SLUG["vit-base"]
    folder = tiny_vit(hub_cache(card))
    weights = folder / "model.safetensors"
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "pickle":
        torch.save({"x": torch.ones(1)}, weights)
    else:
        text = (folder / "config.json").read_text()
        (folder / "config.json").write_text(text.replace('"hidden_size": 32', '"hidden_size": 64'))
    with pytest.raises(PlaygroundError, match="damaged or made for a different model"):
        ImageClassifier.load(card)


# Every kind of row that only the Hub has, as a tiny random network of the same class.

LABELS = ("tabby", "dog", "car")
NAMES = {"id2label": dict(enumerate(LABELS)), "label2id": {label: i for i, label in enumerate(LABELS)}}


def tiny_vit(folder: Path) -> Path:
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    ViTForImageClassification(ViTConfig(**shape, image_size=224, patch_size=32, **NAMES)).save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 224, "width": 224}).save_pretrained(folder)
    return folder


def tiny_resnet(folder: Path) -> Path:
    from transformers import ConvNextImageProcessorPil, ResNetConfig, ResNetForImageClassification

    shape = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"}
    ResNetForImageClassification(ResNetConfig(**shape, **NAMES)).save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": 224}, crop_pct=0.875).save_pretrained(folder)
    return folder


def tiny_convnext(folder: Path) -> Path:
    from transformers import ConvNextConfig, ConvNextForImageClassification, ConvNextImageProcessorPil

    model = ConvNextForImageClassification(ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], **NAMES))
    model.save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": 224}, crop_pct=0.875).save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("slug", "make"), [("vit-base", tiny_vit), ("resnet-18", tiny_resnet), ("convnext-tiny", tiny_convnext)]
)
def test_a_picture_row_from_the_cache_answers(slug, make, hub_cache, cat):
    card = MODELS_BY_SLUG[slug]
    make(hub_cache(card))
    assert hub.here(card) and hub.origin(card) == "cache"
    classifier = ImageClassifier.load(card)
    answer = classifier.predict(cat, top=3)
    assert classifier.labels == LABELS and sum(answer.probs) == pytest.approx(1, abs=1e-5)
    pixels = classifier.pixels(cat)
    torch.testing.assert_close(classifier.forward(pixels)[0], answer.logits, atol=1e-3, rtol=0)
    head = classifier.model.classifier
    features = classifier.features(pixels)
    torch.testing.assert_close(head(features)[0] if slug != "resnet-18" else head[1](features)[0], answer.logits)
    theirs = hub.load_image_processor(card)(cat, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(pixels, theirs, atol=1e-6, rtol=0)
    if classifier.feature_layer is not None:
        shapes = []
        handle = classifier.feature_layer.register_forward_hook(lambda *a: shapes.append(a[2].shape))
        classifier.forward(pixels)
        handle.remove()
        assert len(shapes[0]) == 4
    assert (classifier.feature_layer is None) == (slug == "vit-base")


def test_the_text_classifier_row_from_the_cache_answers(hub_cache, minilm):
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    card = MODELS_BY_SLUG["distilbert-sst2"]
    folder = hub_cache(card)
    shape = {"dim": 32, "n_layers": 1, "n_heads": 2, "hidden_dim": 64, "vocab_size": 30522}
    labels = {"id2label": {0: "NEGATIVE", 1: "POSITIVE"}, "label2id": {"NEGATIVE": 0, "POSITIVE": 1}}
    DistilBertForSequenceClassification(DistilBertConfig(**shape, **labels)).save_pretrained(folder)
    minilm.tokenizer.save_pretrained(folder)
    classifier = TextClassifier.load(card)
    probs = classifier.predict(["good", "bad and long beyond words", ""])
    assert classifier.labels == ("NEGATIVE", "POSITIVE") and probs.shape == (3, 2)
    encoding = classifier.encode("good")
    logits = classifier.forward(encoding.input_ids, encoding.attention_mask)
    torch.testing.assert_close(logits[0].softmax(0), probs[0])
    assert classifier.embedding_layer(encoding.input_ids).shape == (1, 3, 32)


def test_the_encoder_row_from_the_cache_embeds(hub_cache, minilm):
    from transformers import BertConfig, BertModel

    card = MODELS_BY_SLUG["paraphrase-minilm-l3-v2"]
    folder = hub_cache(card)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(**shape)).save_pretrained(folder)
    minilm.tokenizer.save_pretrained(folder)
    vectors = TextEncoder.load(card).embed(["one", "two"])
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


def test_the_generator_row_from_the_cache_writes(hub_cache, smollm):
    from transformers import LlamaConfig, LlamaForCausalLM

    card = MODELS_BY_SLUG["smollm2-360m"]
    folder = hub_cache(card)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    LlamaForCausalLM(LlamaConfig(**shape, vocab_size=49152, eos_token_id=2, bos_token_id=1)).save_pretrained(folder)
    smollm.tokenizer.save_pretrained(folder)
    generator = TextGenerator.load(card)
    tokens = list(generator.stream([Message("user", "hi")], Sampling(max_new_tokens=8)))
    assert 0 < len(tokens) <= 8


def test_the_hub_copy_of_lite0_is_converted_on_arrival(hub_cache, monkeypatch, tmp_path, timm_state, lite0, cat):
    """The packaged weights under timm's names, as the Hub has them, come out as the same network."""
    from safetensors.torch import save_file

    folder = hub_cache(catalog.EFFICIENTNET_LITE0)
    (folder / "config.json").write_text("{}")
    save_file({name: t.contiguous() for name, t in timm_state.items()}, folder / "model.safetensors")
    monkeypatch.setenv("PLAY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(hub, "_source", lambda card: None)
    assert hub.origin(catalog.EFFICIENTNET_LITE0) == "cache"
    classifier = ImageClassifier.load(catalog.EFFICIENTNET_LITE0)
    torch.testing.assert_close(classifier.predict(cat).logits, lite0.predict(cat).logits, atol=1e-5, rtol=0)
