"""A visitor's bytes as an RGB picture, or one sentence that says why not; limits are checked before decoding."""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from core.config import Limits
from core.errors import PlaygroundError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
WANTED = "use PNG, JPEG, WebP, GIF, BMP or TIFF"
_SMALL = 32  # pixels; below this a network that looks at 224 sees mush
_ORIENTATION = 0x0112
_MB = 1024 * 1024

# A picture between one and two times Pillow's own limit only warns: make it an error like larger ones.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """An upright RGB picture without metadata, and what was adapted in it, a sentence each."""

    image: Image.Image
    notices: tuple[str, ...] = ()


def read_image(data: bytes, limits: Limits | None = None, max_side: int = 2048) -> Picture:
    """Decode ``data``, turned as its camera says, on white ground, no larger than ``max_side`` pixels a side.

    Raises:
        PlaygroundError: empty, too large, another kind of file, or damaged.
    """
    limits = limits or Limits.from_env()
    check_bytes(data, limits)
    try:
        opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise PlaygroundError(_too_many_pixels(limits)) from None
    except UnidentifiedImageError:
        raise PlaygroundError(_other_kind(data)) from None
    except Exception:  # Pillow's parsers raise almost anything on hostile bytes
        raise PlaygroundError(f"This is not a readable picture: {WANTED}.") from None
    with opened:
        check_size(opened.size, limits)
        return _decode(opened, max_side)


def check_bytes(data: bytes, limits: Limits) -> None:
    """Raise a `PlaygroundError` for a file that is empty or too large, or of a kind we can name."""
    if not data:
        raise PlaygroundError("The file is empty; choose a picture.")
    if limits.image_mb and len(data) > limits.image_mb * _MB:
        raise PlaygroundError(
            f"The picture has {len(data) / _MB:.1f} MB and the limit is {limits.image_mb} MB; save it smaller."
        )


def check_size(size: tuple[int, int], limits: Limits) -> None:
    """Raise a `PlaygroundError` for too many pixels: a small file can unpack to gigabytes."""
    width, height = size
    if width < 1 or height < 1:
        raise PlaygroundError(f"The picture is {width} × {height} pixels, so there is nothing to see; choose another.")
    if limits.image_side and max(size) > limits.image_side:
        raise PlaygroundError(
            f"The picture is {width:,} × {height:,} pixels and the limit is {limits.image_side:,} a side;"
            " save it smaller."
        )
    if limits.image_megapixels and width * height > limits.image_megapixels * 1_000_000:
        raise PlaygroundError(f"The picture is {width:,} × {height:,} pixels. {_too_many_pixels(limits)}")


def to_png(image: Image.Image, max_side: int = 1024) -> bytes:
    """``image`` as PNG bytes without metadata, reduced to ``max_side`` pixels a side if it is larger."""
    small = fresh_copy(image)
    small.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


def fresh_copy(image: Image.Image) -> Image.Image:
    """The same pixels in RGB and nothing else: no EXIF, place, comment or colour profile."""
    copy = Image.new("RGB", image.size)
    copy.paste(image.convert("RGB"))
    return copy


def _decode(opened: Image.Image, max_side: int) -> Picture:
    notices = []
    try:
        if getattr(opened, "n_frames", 1) > 1:
            notices.append(f"The file holds {opened.n_frames:,} pictures; the first is used.")  # pyright: ignore[reportAttributeAccessIssue]
            opened.seek(0)
        size = opened.size
        opened.draft("RGB", (max_side, max_side))  # JPEG decodes at 1/2, 1/4 or 1/8 of its size where that suffices
        opened.load()
    except Exception:  # as above: damaged files end in any exception a parser can raise
        raise PlaygroundError("The picture is incomplete or damaged; save it again and upload that.") from None
    turn = _orientation(opened)
    image, said = _to_rgb(opened)
    notices += said
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    if min(size) < _SMALL:
        notices.append(f"The picture is very small ({size[0]} × {size[1]} pixels), so expect poor answers.")
    return Picture(fresh_copy(_turned(image, turn)), tuple(notices))


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged EXIF beside sound pixels: shown as stored
        return 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    exif = image.getexif()
    exif.clear()
    if orientation in range(2, 9):
        exif[_ORIENTATION] = orientation
        return ImageOps.exif_transpose(image)
    return image


def _to_rgb(image: Image.Image) -> tuple[Image.Image, list[str]]:
    mode = image.mode
    if mode.startswith("I") or mode == "F":
        return _rescaled(image), ["The picture has more than 256 grey levels; they were rescaled from dark to bright."]
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        ground.alpha_composite(rgba)
        seen = rgba.getchannel("A").getextrema()[0] != 255
        return ground.convert("RGB"), ["Transparent parts are shown white."] if seen else []
    notices = ["The picture's print colours (CMYK) were turned to RGB."] if mode == "CMYK" else []
    return image.convert("RGB"), notices


def _rescaled(image: Image.Image) -> Image.Image:
    grey = np.asarray(image).astype(np.float32)
    grey = np.nan_to_num(grey, posinf=0.0, neginf=0.0)
    low, high = float(grey.min()), float(grey.max())
    scaled = (grey - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(scaled.round().astype(np.uint8)).convert("RGB")


def _too_many_pixels(limits: Limits) -> str:
    return f"The limit is {limits.image_megapixels} million pixels; save it smaller."


_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "This is a zip or an Excel or Word file, not a picture"),
    (b"%PDF", "This is a PDF, not a picture: save the page as PNG"),
    (b"%!PS", "PostScript is not supported"),
    (b"8BPS", "Photoshop files are not supported"),
    (b"\x00\x00\x01\x00", "Icon files are not supported"),
    (b"\x00\x00\x00\x0cjP", "JPEG 2000 is not supported"),
    (b"\xff\x4f\xff\x51", "JPEG 2000 is not supported"),
    (b"\x1f\x8b", "This is a compressed file, not a picture"),
    (b"\x89PNG", "The PNG is damaged or incomplete"),
    (b"\xff\xd8", "The JPEG is damaged or incomplete"),
)


def _other_kind(data: bytes) -> str:
    start = data[:512].lstrip().lower()
    brand = data[4:12]
    said: Any = next((words for magic, words in _STARTS if data.startswith(magic)), None)
    if brand[:4] == b"ftyp" and brand[4:] in (b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"):
        return "HEIC pictures are not supported; export it as JPEG and upload that."
    if brand[:4] == b"ftyp" and brand[4:] in (b"avif", b"avis"):
        return "AVIF pictures are not supported; export it as JPEG and upload that."
    if b"<svg" in start:
        said = "SVG drawings are not supported"
    elif start.startswith((b"<!doctype", b"<html", b"<?xml")):
        said = "This is a web page, not a picture"
    return f"{said or 'This is not a readable picture'}; {WANTED}."
