"""Scenes composed of cut-out things: pictures whose boxes and masks are exact, as many as are asked for.

Things are turned, mirrored, stretched and tinted a little and set on drawn backgrounds. The 32 things that our own
detector and segmenter know ship here as two vendors draw them: one they learned from, one that they never saw.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageEnhance
from scipy import ndimage

from core.data.samples import ASSETS

CLASSES = (
    "airplane",
    "alarm clock",
    "automobile",
    "banana",
    "bear",
    "bicycle",
    "birthday cake",
    "butterfly",
    "cactus",
    "carrot",
    "cat face",
    "crown",
    "dog face",
    "evergreen tree",
    "fish",
    "guitar",
    "hamburger",
    "horse face",
    "house",
    "key",
    "octopus",
    "penguin",
    "pizza",
    "rabbit face",
    "red apple",
    "rocket",
    "sailboat",
    "snail",
    "soccer ball",
    "strawberry",
    "sunflower",
    "umbrella",
)
NEW_THINGS = ("avocado", "balloon", "lady beetle", "mushroom", "owl", "teapot", "tractor", "trophy")
"""What also ships and no model of ours knows, to be taught."""
VENDORS = {"noto": "Noto (seen in training)", "twemoji": "Twemoji (never seen)"}
SPRITES = "scene_sprites.npz"
BACKGROUND = "background"
SIDE, SCALE, LARGE = 288, (0.28, 0.46), (0.6, 0.9)
"""Of scenes for visitors: three pixels for each one of training's; sizes that training had, of several and of one."""
_TRIES = 60
_WHITE = 248
_TURN = 25  # degrees


@dataclass(frozen=True)
class Scene:
    """A picture and what is on it.

    Attributes:
        pixels: ``(side, side, 3)`` bytes.
        labels: ``(N,)`` indices of classes.
        boxes: ``(N, 4)`` left, top, right, bottom in pixels.
        mask: ``(side, side)``: 0 for background, 1 + label elsewhere.
    """

    pixels: np.ndarray
    labels: np.ndarray
    boxes: np.ndarray
    mask: np.ndarray


@cache
def shipped(vendor: str) -> dict[str, Image.Image]:
    """What ships of one vendor in `VENDORS`: a cut-out, RGBA, for each of `CLASSES` and `NEW_THINGS`."""
    with np.load(ASSETS / SPRITES, allow_pickle=False) as archive:
        data, ends = archive[vendor].tobytes(), archive[f"{vendor}_ends"]
    starts = (0, *ends[:-1])
    names = (*CLASSES, *NEW_THINGS)
    return {
        name: Image.open(io.BytesIO(data[start:end])).convert("RGBA")
        for name, start, end in zip(names, starts, ends, strict=True)
    }


def sprites(vendor: str) -> tuple[Image.Image, ...]:
    """One cut-out thing of each of `CLASSES` as ``vendor`` draws it."""
    drawn = shipped(vendor)
    return tuple(drawn[name] for name in CLASSES)


def cut_out(pixels: np.ndarray, white_from: int = _WHITE) -> Image.Image:
    """``pixels (H, W, 3)`` without the white that touches the border, cropped to what is left, as RGBA.

    White is what has all three colours at ``white_from`` or above.

    An all-white picture leaves nothing, which is an IndexError; who takes pictures of visitors asks before.
    """
    white = np.pad((pixels >= white_from).all(2), 1, constant_values=True)
    regions: np.ndarray = ndimage.label(white)[0]  # pyright: ignore[reportIndexIssue]
    alpha = (regions != regions[0, 0])[1:-1, 1:-1]
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    whole = np.dstack([pixels, 255 * alpha.astype(np.uint8)])
    return Image.fromarray(whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def scene(
    dice: np.random.Generator,
    vendors: Sequence[Sequence[Image.Image]],
    side: int,
    count: int,
    scale: tuple[float, float],
    things: Sequence[int] | None = None,
    tries: int = 1,
) -> Scene:
    """Up to ``count`` things that take ``scale`` of the side; the same for the same ``dice`` and drawings.

    Args:
        vendors: of each vendor, one cut-out of every class, RGBA; each thing takes one vendor's.
        things: the class of each; random ones where left out.
        tries: places that are tried for a thing before it is left out because it would cover another.
    """
    canvas = _background(dice, side)
    mask = np.zeros((side, side), np.uint8)
    labels, boxes = [], []
    for at in range(count):
        kind = int(dice.integers(len(vendors[0]))) if things is None else things[at]
        drawing = vendors[int(dice.choice(len(vendors)))][kind]
        sprite = _varied(dice, drawing, int(side * dice.uniform(*scale)))
        alpha = np.asarray(sprite)[:, :, 3] > 127
        if (place := _free_place(dice, mask, alpha, tries)) is None:
            continue
        left, top = place
        canvas.paste(sprite, place, sprite)
        mask[top : top + sprite.height, left : left + sprite.width][alpha] = 1 + kind
        labels.append(kind)
        boxes.append((left, top, left + sprite.width, top + sprite.height))
    return Scene(np.asarray(canvas), np.array(labels), np.array(boxes, np.float32).reshape(-1, 4), mask)


def composed(
    drawings: Mapping[str, Image.Image], chosen: Sequence[str], count: int, seed: int, side: int = SIDE
) -> tuple[Scene, tuple[str, ...]]:
    """A scene of ``count`` things, ``chosen`` ones in turn or else random ones of `CLASSES`, and their names."""
    names = tuple(drawings)
    dice = np.random.default_rng(seed)
    things = [names.index(chosen[at % len(chosen)]) for at in range(count)] if chosen else None
    if things is None:
        things = [names.index(CLASSES[at]) for at in dice.choice(len(CLASSES), count, replace=False)]
    made = scene(dice, [tuple(drawings.values())], side, count, SCALE, things, tries=_TRIES)
    return made, tuple(names[label] for label in made.labels)


def alone(drawings: Sequence[Image.Image], seed: int, kind: int | None = None, side: int = SIDE) -> tuple[Scene, int]:
    """A scene of one large thing, of class ``kind`` or a random one, and its class."""
    dice = np.random.default_rng(seed)
    things = None if kind is None else (kind,)
    made = scene(dice, [drawings], side, 1, LARGE, things)
    return made, int(made.labels[0])


def _free_place(dice: np.random.Generator, mask: np.ndarray, alpha: np.ndarray, tries: int) -> tuple[int, int] | None:
    height, width = alpha.shape
    for _ in range(tries):
        left, top = (int(dice.integers(0, max(len(mask) - size, 0) + 1)) for size in (width, height))
        if not _hides(mask, alpha, left, top):
            return left, top
    return None


def _hides(mask: np.ndarray, alpha: np.ndarray, left: int, top: int) -> bool:
    """Whether a new thing would cover much of one that is there."""
    under = mask[top : top + alpha.shape[0], left : left + alpha.shape[1]]
    return bool((under[alpha] > 0).mean() > 0.1)


def _varied(dice: np.random.Generator, sprite: Image.Image, side: int) -> Image.Image:
    if dice.random() < 0.5:
        sprite = sprite.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    sprite = sprite.rotate(float(dice.uniform(-_TURN, _TURN)), Image.Resampling.BILINEAR, expand=True)
    sprite = _tight(sprite)
    factor = side / max(sprite.size)
    stretch = dice.uniform(0.85, 1.18)
    size = (round(sprite.width * factor * min(stretch, 1.0)), round(sprite.height * factor / max(stretch, 1.0)))
    sprite = _tight(sprite.resize((max(size[0], 4), max(size[1], 4)), Image.Resampling.BILINEAR))
    colours, alpha = sprite.convert("RGB"), sprite.getchannel("A")
    for change in (ImageEnhance.Brightness, ImageEnhance.Color, ImageEnhance.Contrast):
        colours = change(colours).enhance(float(dice.uniform(0.6, 1.4)))
    colours.putalpha(alpha)
    return colours


def _tight(sprite: Image.Image) -> Image.Image:
    """``sprite`` without empty edges, so that its size is its box."""
    return sprite.crop(sprite.getchannel("A").point([255 * (a > 127) for a in range(256)]).getbbox())


def _background(dice: np.random.Generator, side: int) -> Image.Image:
    """White now and then; else two colours that flow into each other, under blotches, bars and grain."""
    if dice.random() < 0.15:
        return Image.new("RGB", (side, side), "white")
    first, second = dice.integers(0, 256, (2, 3))
    ramp = np.linspace(0, 1, side)
    flow = ramp[:, None] * dice.uniform(-1, 1) + ramp[None, :] * dice.uniform(-1, 1)
    flow = (flow - flow.min()) / max(float(np.ptp(flow)), 1e-6)
    colours = first + flow[:, :, None] * (second - first)
    if dice.random() < 0.6:
        coarse = dice.normal(0, 60, (int(dice.integers(3, 9)),) * 2 + (3,))
        zoom = side / coarse.shape[0]
        colours = colours + ndimage.zoom(coarse, (zoom, zoom, 1), order=int(dice.integers(0, 2)))[:side, :side]
    for _ in range(int(dice.integers(0, 4))):
        left, top = dice.integers(0, side, 2)
        width, height = dice.integers(2, max(side // 2, 3), 2)
        colours[top : top + height, left : left + width] = dice.integers(0, 256, 3)
    colours = colours + dice.normal(0, dice.uniform(0, 14), colours.shape)
    return Image.fromarray(colours.clip(0, 255).astype(np.uint8))
