"""The networks that we trained from nothing and ship whole, one row each; their recipes are in ``recipes/``."""

from dataclasses import replace

from core.models.catalog import (
    HERE_ONLY,
    IMAGE_CLASSIFICATION,
    IMAGE_GENERATION,
    IMAGE_SEGMENTATION,
    OBJECT_DETECTION,
    TEXT_TO_IMAGE,
    ModelCard,
    PackagedWeights,
)

_LICENCE = "MIT"


def weights(name: str, sha256: str, checked: str = "model.safetensors") -> PackagedWeights:
    """The folder ``name`` of ``core/models/weights``; ``sha256`` is that of its file ``checked``."""
    return PackagedWeights(
        distribution="this repository",
        module="core.models",
        path=f"weights/{name}",
        checked=f"weights/{name}/{checked}",
        sha256=sha256,
    )


_THIRTY_TWO = "It knows 32 emoji on drawn grounds, 64 × 64 pixels; a photo of the same thing is new to it."

EMOJI_VIT = ModelCard(
    slug="emoji-vit",
    title="Small Vision Transformer (our own)",
    task=IMAGE_CLASSIFICATION,
    hub_id="emoji-vit",
    revision=None,
    revision_source=HERE_ONLY,
    licence=_LICENCE,
    parameters=1_029_792,
    megabytes=4,
    about="A Transformer of one million weights that reads a picture as 64 patches; its attention can be looked at.",
    limits=_THIRTY_TWO,
    package=weights("emoji-vit", "9834b72a35dcb3049c0dfff51d982a0827abcbe0d8123a2419fec0502fe355ea"),
    shipped="emoji-vit",
)

EMOJI_RESNET = replace(
    EMOJI_VIT,
    slug="emoji-resnet",
    title="Small ResNet (our own)",
    hub_id="emoji-resnet",
    parameters=1_036_928,
    about="A convolutional network of as many weights as the small Transformer, taught with as many pictures.",
    package=weights("emoji-resnet", "12fb3d348929e42b340623a2fe1847f1b05dbee316951723ee894685aec010c3"),
    shipped="emoji-resnet",
)

EMOJI_DETECTOR = replace(
    EMOJI_VIT,
    slug="emoji-detector",
    title="Emoji detector (our own)",
    task=OBJECT_DETECTION,
    hub_id="emoji-detector",
    parameters=1_109_797,
    about="A small YOLOS: a Transformer with twelve tokens more, each of which may claim one thing and its box.",
    limits="It knows 32 emoji, up to about four in a picture of 96 × 96 pixels; photos are new to it.",
    package=weights("emoji-detector", "0b71265ebc636e709ad54afdcc06c37144bb264beb285117d8231cbc23b83be5"),
    shipped="emoji-detector",
)

EMOJI_SEGMENTER = replace(
    EMOJI_VIT,
    slug="emoji-segmenter",
    title="Emoji segmenter (our own)",
    task=IMAGE_SEGMENTATION,
    hub_id="emoji-segmenter",
    parameters=1_053_153,
    about="A small SegFormer that says of every point of a picture which of 32 emoji covers it.",
    limits="It knows 32 emoji, up to about four in a picture of 96 × 96 pixels; photos are new to it.",
    package=weights("emoji-segmenter", "ddd2742572575076aaf45f18a164fbb8ae413f3a9d0847614a11a331eab04b60"),
    shipped="emoji-segmenter",
)

TEXT_TO_EMOJI = replace(
    EMOJI_VIT,
    slug="text-to-emoji",
    title="Words to emoji (our own)",
    task=TEXT_TO_IMAGE,
    hub_id="text-to-emoji",
    parameters=5_443_235,
    megabytes=11,
    about="A small Stable Diffusion: a sentence encoder, a denoiser and an autoencoder that draw one emoji.",
    limits="It learned 966 emoji in about an hour: what it never saw gets its colours and rough shape at best.",
    package=weights(
        "text-to-emoji",
        "b40b80551e240db48dc829c999e0bbae3d85008c3a1d40b4152ec29a7bf837f5",
        "unet/diffusion_pytorch_model.safetensors",
    ),
    shipped="text-to-emoji",
)

_DIFFUSERS = "unet/diffusion_pytorch_model.safetensors"

DIGITS_VAE = ModelCard(
    slug="digits-vae",
    title="VAE of digits (our own)",
    task=IMAGE_GENERATION,
    hub_id="digits-vae",
    revision=None,
    revision_source=HERE_ONLY,
    licence=_LICENCE,
    parameters=800_753,
    megabytes=2,
    about="A variational autoencoder: it learned to squeeze a digit into 16 numbers and to draw it again from them.",
    limits="It draws handwritten digits, 28 × 28 pixels, and softly: it averages over what it cannot know.",
    package=weights("digits-vae", "2c4a40b46855d8584741eb497c6bfb6be174ca6f1ed026ff31867d25406eebb9"),
    shipped="digits-vae",
)

DIGITS_VAE_MAP = replace(
    DIGITS_VAE,
    slug="digits-vae-map",
    title="VAE of digits, two numbers (our own)",
    hub_id="digits-vae-map",
    parameters=794_005,
    about="The same network with 2 numbers instead of 16, so that all that it can draw fits on a map.",
    limits="Two numbers are few: what it draws is softer still, and like digits share a place.",
    package=weights("digits-vae-map", "ca65cb9e03df8a3790496e3149bd604604866a7377464c6d9ca1213a471a6d37"),
    shipped="digits-vae-map",
)

DIGITS_GAN = replace(
    DIGITS_VAE,
    slug="digits-gan",
    title="GAN of digits (our own)",
    hub_id="digits-gan",
    parameters=245_217,
    megabytes=1,
    about="It learned to draw from a second network that tried to tell its digits from real ones.",
    limits="It cannot be asked for a digit, and some of what it draws is none.",
    package=weights("digits-gan", "284397e19008e39ac69b7f534b23db414eba37f84a1ffa6d0953eddfbdd034c6"),
    shipped="digits-gan",
)

DIGITS_DIFFUSION = replace(
    DIGITS_VAE,
    slug="digits-diffusion",
    title="Diffusion of digits (our own)",
    hub_id="digits-diffusion",
    parameters=943_964,
    about="It learned to take noise out of digits, and so draws the digit you ask for out of noise, step by step.",
    limits="It draws handwritten digits, 28 × 28 pixels, and needs many passes where the others need one.",
    package=weights("digits-diffusion", "cbee19a1b92bee5b8804ed76b0d35eb26a967ea2397af04f02f409356ae0ca49", _DIFFUSERS),
    shipped="digits-diffusion",
)
