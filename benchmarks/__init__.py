"""Ratios against what a user would call instead; `make bench` prints them, `make bench ONLY=name` one of them."""

BENCHMARKS: dict[str, str] = {
    "vision-single": "benchmarks.vision_single",
    "attribution-ig": "benchmarks.attribution_ig",
    "finetune-text-probe": "benchmarks.finetune_text_probe",
    "finetune-image-probe": "benchmarks.finetune_image_probe",
    "job-start": "benchmarks.job_start",
    "app-rerun": "benchmarks.app_rerun",
    "memory-starters": "benchmarks.memory_starters",
}
"""Name → module with ``measure() -> list[Line]``, in the order in which they run."""
