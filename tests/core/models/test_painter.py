"""Words to pictures: our loop against the stock pipeline, what each control does, and the nearest known picture."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image
from transformers import BertConfig, BertModel, BertTokenizerFast

from core.models import MODELS_BY_SLUG, hub, painter
from core.models.painter import TOKENS, Painter, Painting

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "apple", "blue", "fish"]
CARD = replace(MODELS_BY_SLUG["vit-base"], slug="tiny-painter", title="Tiny painter")


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Tiny random networks of the right classes."""
    torch.manual_seed(0)
    vocabulary = tmp_path_factory.mktemp("words") / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS))
    tokenizer = BertTokenizerFast(str(vocabulary), model_max_length=TOKENS)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    encoder = BertModel(BertConfig(vocab_size=len(WORDS), **shape)).eval()
    unet = UNet2DConditionModel(
        sample_size=4, in_channels=4, out_channels=4, block_out_channels=(8, 16), layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=16, attention_head_dim=8, norm_num_groups=4,
    ).eval()  # fmt: skip
    vae = AutoencoderKL(
        block_out_channels=(8, 8), down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4, norm_num_groups=4, scaling_factor=0.5,
    ).eval()  # fmt: skip
    schedule = DDIMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="v_prediction",
        clip_sample=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )
    return unet, vae, schedule, encoder, tokenizer


@pytest.fixture(scope="module")
def tiny(parts):
    return Painter(CARD, *parts)


def final(tiny, caption="red apple", **changes):
    *_, last = tiny.paint([caption], Painting(num_inference_steps=4, **changes))
    return np.asarray(last.guess[0], dtype=int)


def test_it_draws_what_the_stock_pipeline_of_stable_diffusion_draws(tiny, parts):
    unet, vae, schedule, encoder, tokenizer = parts
    encoder.config.use_attention_mask = True
    pipeline = StableDiffusionPipeline(
        vae=vae, text_encoder=encoder, tokenizer=tokenizer, unet=unet, scheduler=schedule,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        "red apple", num_inference_steps=4, guidance_scale=3.0, latents=tiny.noise(1, 7), output_type="np"
    ).images[0]
    assert tiny.side == 8 and theirs.shape == (8, 8, 3)
    assert np.abs(final(tiny, seed=7) - 255 * theirs).max() <= 0.5 + 1e-3


def test_every_control_and_every_word_changes_the_picture(tiny):
    usual = final(tiny)
    assert (usual == final(tiny)).all()
    for changed in (final(tiny, "blue fish"), final(tiny, seed=1), final(tiny, guidance_scale=8.0)):
        assert (usual != changed).any()
    *_, longer = tiny.paint(["red apple"], Painting(num_inference_steps=6))
    assert (usual != np.asarray(longer.guess[0])).any() and longer.total == 6


def test_without_guidance_words_do_not_matter(tiny):
    assert (final(tiny, guidance_scale=0.0) == final(tiny, "blue fish", guidance_scale=0.0)).all()


def test_a_picture_does_not_depend_on_those_beside_it(tiny):
    *_, three = tiny.paint(["red apple"] * 3, Painting(num_inference_steps=4, seed=5))
    assert np.abs(np.asarray(three.guess[1], dtype=int) - final(tiny, seed=6)).max() <= 1


def test_steps_come_one_by_one_and_stop_when_asked(tiny):
    seen = list(tiny.paint(["fish"], Painting(num_inference_steps=5)))
    assert [step.number for step in seen] == [1, 2, 3, 4, 5]
    assert [step.number for step in tiny.paint(["fish"], Painting(num_inference_steps=5), show_every=2)] == [2, 4, 5]
    done = []
    for step in tiny.paint(["fish"], Painting(num_inference_steps=5), stopping=lambda: len(done) == 2):
        done.append(step)
    assert len(done) == 2


def test_the_nearest_known_picture_is_found_by_its_looks(tiny, tmp_path, monkeypatch):
    dice = np.random.default_rng(0)
    images = dice.integers(0, 256, (5, 32, 32, 3)).astype(np.uint8)
    np.savez(tmp_path / painter.PICTURES, images=images, names=np.array(list("abcde")))
    monkeypatch.setattr(hub, "locate", lambda card: tmp_path)
    painter.known.cache_clear()
    found = tiny.nearest(Image.fromarray(images[3]).resize((64, 64), Image.Resampling.NEAREST))
    painter.known.cache_clear()
    assert found.name == "d" and found.likeness > 0.99
    assert (np.asarray(found.image) == images[3]).all()


def test_whoever_watches_slowly_keeps_nobody_waiting(tiny):
    steps = tiny.paint(["fish"], Painting(num_inference_steps=3))
    next(steps)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(tiny.lock.acquire, timeout=5).result() and not torch.is_inference_mode_enabled()
        other.submit(tiny.lock.release).result()
    steps.close()
