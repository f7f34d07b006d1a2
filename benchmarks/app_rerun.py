"""How long a page's rerun takes with everything imported: our settings, Streamlit's default, beside a training job."""

import statistics
import time

from benchmarks.lines import Line, at_least, at_most
from benchmarks.visitor import Visitor, serve

PAGES = ("vision", "nlp", "explainability")  # together they import torch, transformers and captum
REPEATS = 25
GARBAGE = ("--runner.postScriptGC=true",)  # what Streamlit does unless told otherwise


def measure() -> list[Line]:
    """Interleaved reruns of the Vision page on two servers, then on ours while a fine-tune job runs."""
    with serve() as (ours, _), serve(*GARBAGE) as (default, _):
        here, there = _warm(ours), _warm(default)
        pairs = [(here.rerun("vision"), there.rerun("vision")) for _ in range(REPEATS)]
        there.close()
        idle = statistics.median(o for o, _ in pairs)
        reference = statistics.median(d for _, d in pairs)
        lines = [at_least("app-rerun", 1000 * idle, 1000 * reference, "ms", 4, "p50, Vision page, all imported")]
        busy = _beside_a_job(here)
        lines.append(at_most("app-rerun-job", 1000 * busy, 1000 * idle, "ms", 2, "p50 while a fine-tune job runs"))
        here.close()
    return lines


def _warm(address: str) -> Visitor:
    visitor = Visitor(address)
    for page in (*PAGES, "vision", "vision"):
        visitor.rerun(page)
    return visitor


def _beside_a_job(visitor: Visitor) -> float:
    """p50 of reruns while a fine-tune of the last block trains in its own process."""
    from benchmarks.finetune_job import start, stop

    job = start()
    try:
        time.sleep(1)  # past the first imports, into the training
        return statistics.median(visitor.rerun("vision") for _ in range(REPEATS))
    finally:
        stop(job)
