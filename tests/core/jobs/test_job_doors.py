"""A lab, and attributions over pictures, through the same door as a fine-tune: in a process and in a thread."""

import io
import json

import pytest

from core import config, jobs
from core.data import samples
from core.labs import LABS
from core.studies.background import ATTRIBUTIONS, LAB

WEIGHTS = config.home() / "models"
DOORS = pytest.mark.parametrize("door", [jobs.submit, jobs.run_here])


def png(slug: str) -> bytes:
    file = io.BytesIO()
    samples.load_image(samples.SAMPLES_BY_SLUG[slug]).resize((64, 64)).save(file, "PNG")
    return file.getvalue()


@DOORS
def test_a_lab_is_a_job(place, door):
    lab = LABS[0]
    job_id = door(LAB, {"slug": lab.slug, "settings": {}, "steps": 5}, place.owner)
    job = place.ended(job_id)
    assert (job.state, job.fraction, job.error) == ("done", 1.0, None), place.log(job)
    assert job.progress["metrics"] and job.progress["readings"]
    assert json.loads((job.folder / "result" / "frame.json").read_text()) == job.progress


def test_a_lab_is_stopped_and_keeps_what_it_reached(place):
    job_id = jobs.run_here(LAB, {"slug": LABS[0].slug, "steps": 10**6}, place.owner)
    place.until(job_id, lambda job: job.progress)
    jobs.stop(job_id, place.owner)
    job = place.ended(job_id)
    assert job.state == "cancelled"
    assert (job.folder / "result" / "frame.json").exists()


@DOORS
def test_attributions_over_pictures_are_a_job_and_only_missing_ones_are_computed_again(place, door):
    (place.home / "models").symlink_to(WEIGHTS)
    pictures = {"1.png": png("cat"), "2.png": png("espresso"), "3.png": b""}
    params = {"base": "efficientnet-lite0", "method": "Saliency"}
    job_id = door(ATTRIBUTIONS, params, place.owner, pictures)
    job = place.ended(job_id)
    assert (job.state, job.progress["done"]) == ("failed", 2), place.log(job)  # the third is no picture
    table = job.folder / "result" / "attributions.jsonl"
    first = table.read_text().splitlines()
    table.write_text("\n".join([*first, '{"name": "3.p']))  # cut short by a crash
    (job.folder / "inputs" / "3.png").write_bytes(png("rocket"))
    jobs.restart(job_id, place.owner)
    job = place.ended(job_id)
    assert (job.state, job.progress["done"]) == ("done", 3), place.log(job)
    rows = [json.loads(line) for line in table.read_text().splitlines()]
    assert [row["name"] for row in rows] == list(pictures)
    assert table.read_text().splitlines()[:2] == first
    assert "cat" in rows[0]["label"] and rows[0]["sum"] != 0
