"""A network that was taught something, to take home: one zip that `transformers` loads anywhere, with a script."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from core.errors import NotFound
from core.finetuning import teach
from core.finetuning.takehome.names import file_name, requirements
from core.finetuning.takehome.zipped import SCRIPTS, clean
from core.models import own
from core.models.catalog import IMAGE_SEGMENTATION, OBJECT_DETECTION


@dataclass(frozen=True)
class _Kind:
    """The script in the zip, and what the network is."""

    script: str
    about: str


_KINDS = {
    IMAGE_SEGMENTATION: _Kind("predict_mask.py", "A small SegFormer that names every pixel of scenes of emoji"),
    OBJECT_DETECTION: _Kind("predict_boxes.py", "A small YOLOS that finds emoji in scenes, a box for each"),
}
_FILES = ("config.json", "model.safetensors", "preprocessor_config.json", own.CARD_FILE)


def taught_zip(folder: Path) -> bytes:
    """The zip of the job in ``folder``.

    Raises:
        NotFound: there is no finished model in it.
    """
    taught, model = teach.read_report(folder), folder / "result" / "model"
    if taught is None or not (model / "model.safetensors").is_file():
        raise NotFound("There is no finished model in this job: teach one first.")
    place, packed, kind = file_name(taught.title), io.BytesIO(), _KINDS[own.read_card(model).task]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # weights hardly compress
        for name in _FILES:
            archive.writestr(f"{place}/{name}", clean(model / name))
        for file in sorted(model.glob("thing-*.png")):
            archive.writestr(f"{place}/{file.name}", file.read_bytes())
        archive.writestr(f"{place}/taught.json", (folder / "result" / teach.REPORT).read_bytes())
        archive.writestr(f"{place}/predict.py", (SCRIPTS / kind.script).read_bytes())
        archive.writestr(f"{place}/requirements.txt", requirements("image"))
        archive.writestr(f"{place}/README.md", _readme(taught, kind.about))
    return packed.getvalue()


def _readme(taught: teach.Taught, about: str) -> str:
    rows = "\n".join(
        f"| {what} | {taught.before[key]:.2f} | {taught.after[key]:.2f} |"
        for key, what in (("new", taught.name), ("old", "what it knew before, mean"))
    )
    return (
        f"# {taught.title}\n\n{about}, taught one more thing: "
        f"{taught.name}. Intersection over union on {taught.judged_on}:\n\n"
        f"| | before | after |\n|---|---|---|\n{rows}\n\n"
        "```\npip install -r requirements.txt\npython predict.py picture.png\n```\n\n"
        "It learned on 96 × 96 pixels; photos are new to it.\n"
    )
