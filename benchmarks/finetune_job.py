"""A fine-tuning job that trains for minutes, for benchmarks that measure the app beside it."""

import time
from uuid import uuid4

from core import jobs
from core.data.samples import SAMPLE_SETS_BY_SLUG
from core.finetuning import JOB, spool

OWNER = f"bench{uuid4().hex}"
SETTINGS = {"num_train_epochs": 20, "early_stopping_patience": 20, "learning_rate": 1e-5, "unfrozen_blocks": 4}
PATIENCE = 180.0  # seconds until it must have begun to train


def start() -> str:
    """Submit a partial fine-tune of spam-or-ham and return its id once its blocks learn."""
    data = SAMPLE_SETS_BY_SLUG["spam-or-ham"].load()
    params = {"base": "all-minilm-l6-v2", "strategy": "partial", "settings": SETTINGS, "title": "Bench"}
    job_id = jobs.submit(JOB, params, OWNER, spool.spool(data))
    deadline = time.monotonic() + PATIENCE
    while (job := jobs.get(job_id, OWNER)).progress.get("phase") != "blocks":
        if not job.active or time.monotonic() > deadline:
            raise RuntimeError(f"the job did not begin to train: {job.state} {job.error}")
        time.sleep(0.2)
    return job_id


def stop(job_id: str) -> None:
    """End the job and remove its files."""
    jobs.stop(job_id, OWNER)
    deadline = time.monotonic() + PATIENCE
    while jobs.get(job_id, OWNER).active and time.monotonic() < deadline:
        time.sleep(0.2)
    jobs.remove(job_id, OWNER)
