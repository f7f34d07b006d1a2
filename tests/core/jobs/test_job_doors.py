"""A lab, and attributions over pictures, through the same door as a fine-tune: in a process and in a thread."""

import io
import json

import pytest

from core import config, jobs
from core.data import samples
from core.data.labelled import LabelledImages
from core.labs import LABS
from core.models import MODELS_BY_SLUG
from core.studies.attribution_batch import BATCH, TABLE, files
from core.studies.lab_run import LAB_RUN

WEIGHTS = config.home() / "models"
DOORS = pytest.mark.parametrize("door", [jobs.submit, jobs.run_here])


def png(slug: str) -> bytes:
    file = io.BytesIO()
    samples.load_image(samples.SAMPLES_BY_SLUG[slug]).resize((64, 64)).save(file, "PNG")
    return file.getvalue()


@DOORS
def test_a_lab_is_a_job(place, door):
    lab = LABS[0]
    job_id = door(LAB_RUN, {"slug": lab.slug, "settings": {}, "steps": 5}, place.owner)
    job = place.ended(job_id)
    assert (job.state, job.fraction, job.error) == ("done", 1.0, None), place.log(job)
    assert job.progress["metrics"] and job.progress["readings"]
    assert json.loads((job.folder / "result" / "frame.json").read_text()) == job.progress


def test_a_lab_is_stopped_and_keeps_what_it_reached(place):
    job_id = jobs.run_here(LAB_RUN, {"slug": LABS[0].slug, "steps": 10**6}, place.owner)
    place.until(job_id, lambda job: job.progress)
    jobs.stop(job_id, place.owner)
    job = place.ended(job_id)
    assert job.state == "cancelled"
    assert (job.folder / "result" / "frame.json").exists()


@DOORS
def test_attributions_over_pictures_are_a_job(place, door):
    (place.home / "models").symlink_to(WEIGHTS)
    pictures = LabelledImages((png("cat"), png("espresso")), (0, 1), ("cat", "cup"), ("1.png", "2.png"))
    params = {"model": "efficientnet-lite0", "method": "Saliency"}
    card = MODELS_BY_SLUG["efficientnet-lite0"]
    job = place.ended(door(BATCH, params, place.owner, files(card, pictures)), seconds=120)
    assert (job.state, job.fraction, job.error) == ("done", 1.0, None), place.log(job)
    assert len((job.folder / "result" / TABLE).read_text().splitlines()) == 3
