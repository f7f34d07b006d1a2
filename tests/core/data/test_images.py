"""Every bad picture gets one plain sentence; every odd but sound one is read."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from core.config import Limits
from core.data.images import read_image, to_png
from core.errors import PlaygroundError

LIMITS = Limits()


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int = 64, height: int = 48) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8))


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


PNG, JPEG = encoded(noise()), encoded(noise(), "JPEG")
REFUSED = {
    "empty": (b"", "empty"),
    "header only": (PNG[:8], "damaged or incomplete"),
    "truncated png": (PNG[: len(PNG) // 2], "incomplete"),
    "truncated jpeg": (JPEG[: len(JPEG) // 2], "incomplete"),
    "no pixels": (png_that_claims(0, 0), "PNG"),
    "bomb 20000": (png_that_claims(20_000, 20_000), "million pixels"),
    "bomb 12000": (png_that_claims(12_000, 12_000), "million pixels|a side"),
    "long": (png_that_claims(20_000, 2), "10,000 a side"),
    "svg": (b"<svg xmlns='x'><script>1</script></svg>", "SVG"),
    "html": (b"<!doctype html><html></html>", "web page"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 64, "export it as JPEG"),
    "avif": (b"\0\0\0\x18ftypavif\0\0\0\0" + b"\0" * 64, "AVIF"),
    "excel": (b"PK\x03\x04xl/workbook.xml", "Excel"),
    "pdf": (b"%PDF-1.7", "PDF"),
    "icon": (encoded(noise(16, 16), "ICO"), "Icon"),
    "jpeg 2000": (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"\0" * 40, "JPEG 2000"),
    "photoshop": (b"8BPS\0\1" + b"\0" * 60, "Photoshop"),
    "noise": (bytes(range(256)) * 8, "not a readable picture"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_pictures_get_one_plain_sentence(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(PlaygroundError, match=words) as caught:
        read_image(data, LIMITS)
    said = str(caught.value)
    assert "0x" not in said and "<" not in said and "Error" not in said and said.endswith(".")
    assert caught.value.__cause__ is None


def test_too_many_bytes_are_refused_before_they_are_read() -> None:
    with pytest.raises(PlaygroundError, match=r"11\.0 MB and the limit is 10 MB"):
        read_image(PNG + b"\0" * (11 * 1024 * 1024 - len(PNG)), LIMITS)


def test_random_damage_never_escapes_as_another_error() -> None:
    rng = np.random.default_rng(1)
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        whole = encoded(noise(), kind)
        for _ in range(40):
            broken = bytearray(whole)
            for at in rng.integers(0, len(whole), 6):
                broken[at] = rng.integers(0, 256)
            try:
                assert read_image(bytes(broken), LIMITS).image.mode == "RGB"
            except PlaygroundError as error:
                assert "0x" not in str(error)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.linspace(1000, 3000, 64 * 48).reshape(48, 64).astype(np.uint16))
    else:
        image = noise().convert(mode)
    picture = read_image(encoded(image), LIMITS)
    assert picture.image.mode == "RGB" and picture.image.size == (64, 48)
    if mode == "I;16":  # rescaled from its darkest to its brightest, not clipped
        assert np.asarray(picture.image).min() == 0 and np.asarray(picture.image).max() == 255
        assert "grey levels" in picture.notices[0]


def test_transparent_parts_are_white_and_said() -> None:
    picture = read_image(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0))), LIMITS)
    assert picture.image.getpixel((5, 5)) == (255, 255, 255)
    assert any("white" in sentence for sentence in picture.notices)
    palette = Image.new("P", (40, 40), 1)
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    assert read_image(encoded(palette, transparency=1), LIMITS).image.getpixel((1, 1)) == (255, 255, 255)


def test_print_colours_animation_and_smallness_are_said() -> None:
    cmyk = read_image(encoded(noise().convert("CMYK"), "JPEG"), LIMITS)
    assert cmyk.image.mode == "RGB" and "CMYK" in cmyk.notices[0]
    frames = [noise(40, 40), noise(40, 40).rotate(90), noise(40, 40).rotate(180)]
    gif = read_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), LIMITS)
    assert "the first is used" in gif.notices[0]
    assert "very small (1 × 1" in read_image(encoded(Image.new("RGB", (1, 1))), LIMITS).notices[0]


def test_a_photo_is_turned_and_loses_its_place() -> None:
    image = noise()
    exif = image.getexif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    picture = read_image(encoded(image, "JPEG", exif=exif), LIMITS)
    assert picture.image.size == (48, 64)
    assert not picture.image.getexif() and "exif" not in picture.image.info
    assert b"Exif" not in to_png(picture.image) and b"eXIf" not in to_png(picture.image)


def test_content_decides_not_the_name_and_what_follows_is_dropped() -> None:
    assert read_image(encoded(noise(), "TIFF"), LIMITS).image.size == (64, 48)
    polyglot = encoded(noise(), "GIF") + b"PK\x03\x04payload"
    assert b"payload" not in to_png(read_image(polyglot, LIMITS).image)


def test_large_photos_are_reduced_while_they_are_decoded() -> None:
    picture = read_image(encoded(noise(3000, 2000), "JPEG"), LIMITS, max_side=256)
    assert max(picture.image.size) == 256 and abs(picture.image.size[1] - 171) <= 1
    assert Image.open(io.BytesIO(to_png(picture.image, max_side=64))).size[0] == 64
