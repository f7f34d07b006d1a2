"""Small random changes to pictures, so that few examples teach more: a flip, a turn, a crop, other light."""

import random

from PIL import Image, ImageEnhance

from core.errors import PlaygroundError

AUGMENTATIONS = ("none", "light", "strong")
# How far each strength goes: degrees of turn, the least share of a side that a crop keeps, change of light and colour.
_REACH = {"light": (8.0, 0.9, 0.15), "strong": (20.0, 0.65, 0.4)}
_ENHANCERS = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)


def augment(image: Image.Image, strength: str, dice: random.Random) -> Image.Image:
    """A changed copy of an RGB ``image`` in its size; ``dice`` decides, so a seed repeats it. ``none`` changes nothing.

    What a turn leaves empty is filled with the picture's mean colour. Pictures are mirrored left to right only.

    Raises:
        PlaygroundError: ``strength`` is none of `AUGMENTATIONS`.
    """
    if strength not in AUGMENTATIONS:
        raise PlaygroundError(f"There is no augmentation {strength[:40]!r}; choose one of {', '.join(AUGMENTATIONS)}.")
    if strength == "none":
        return image
    turn, kept, change = _REACH[strength]
    changed = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if dice.random() < 0.5 else image
    changed = changed.rotate(dice.uniform(-turn, turn), Image.Resampling.BILINEAR, fillcolor=_mean_colour(image))
    changed = _cropped(changed, dice.uniform(kept, 1.0), dice)
    for enhancer in _ENHANCERS:
        changed = enhancer(changed).enhance(dice.uniform(1 - change, 1 + change))
    return changed


def _cropped(image: Image.Image, share: float, dice: random.Random) -> Image.Image:
    """A part with ``share`` of each side, anywhere, enlarged to the whole size."""
    width, height = image.width * share, image.height * share
    left, top = dice.uniform(0, image.width - width), dice.uniform(0, image.height - height)
    box = (left, top, left + width, top + height)
    return image.resize(image.size, Image.Resampling.BILINEAR, box=box)


def _mean_colour(image: Image.Image) -> tuple[int, ...]:
    mean = image.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return mean if isinstance(mean, tuple) else (int(mean or 0),) * 3
