"""The networks that we trained from nothing and ship whole, one row each; their recipes are in ``recipes/``."""

from dataclasses import replace

from core.models.catalog import HERE_ONLY, IMAGE_GENERATION, ModelCard, PackagedWeights

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


_DIFFUSERS = "unet/diffusion_pytorch_model.safetensors"

DIGITS_VAE = ModelCard(
    slug="digits-vae",
    title="VAE (our own)",
    task=IMAGE_GENERATION,
    hub_id="digits-vae",
    revision=None,
    revision_source=HERE_ONLY,
    licence=_LICENCE,
    parameters=800_753,
    megabytes=2,
    about="A variational autoencoder: it learned to squeeze a digit into 16 numbers and to draw it again from them.",
    limits="It draws handwritten digits, 28 × 28 pixels, and softly: it averages over what it cannot know.",
    package=weights("digits-vae", "0"),
    shipped="digits-vae",
)

DIGITS_VAE_MAP = replace(
    DIGITS_VAE,
    slug="digits-vae-map",
    title="VAE with a map (our own)",
    hub_id="digits-vae-map",
    parameters=796_245,
    about="The same network with 2 numbers instead of 16, so that all that it can draw fits on a map.",
    limits="Two numbers are few: what it draws is softer still, and like digits share a place.",
    package=weights("digits-vae-map", "0"),
    shipped="digits-vae-map",
)

DIGITS_GAN = replace(
    DIGITS_VAE,
    slug="digits-gan",
    title="GAN (our own)",
    hub_id="digits-gan",
    parameters=398_545,
    megabytes=1,
    about="It learned to draw from a second network that tried to tell its digits from real ones.",
    limits="It cannot be asked for a digit, and some of what it draws is none.",
    package=weights("digits-gan", "0"),
    shipped="digits-gan",
)

DIGITS_DIFFUSION = replace(
    DIGITS_VAE,
    slug="digits-diffusion",
    title="Diffusion (our own)",
    hub_id="digits-diffusion",
    parameters=943_964,
    about="It learned to take noise out of digits, and so draws the digit you ask for out of noise, step by step.",
    limits="It draws handwritten digits, 28 × 28 pixels, and needs many passes where the others need one.",
    package=weights("digits-diffusion", "0", _DIFFUSERS),
    shipped="digits-diffusion",
)
