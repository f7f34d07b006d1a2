"""Ratios against what a user would call instead; `make bench` prints them, `make bench ONLY=name` one of them."""

BENCHMARKS: dict[str, str] = {
    "vision-single": "benchmarks.vision_single",
    "attribution-ig": "benchmarks.attribution_ig",
    "attribution-occlusion": "benchmarks.attribution_occlusion",
    "attribution-kernelshap": "benchmarks.attribution_kernelshap",
    "attribution-gradcam": "benchmarks.attribution_gradcam",
    "finetune-text-probe": "benchmarks.finetune_text_probe",
    "finetune-text-partial": "benchmarks.finetune_text_partial",
    "finetune-step": "benchmarks.finetune_step",
    "finetune-image-probe": "benchmarks.finetune_image_probe",
    "job-start": "benchmarks.job_start",
    "finetune-large-images": "benchmarks.finetune_large_images",
    "emoji-sample": "benchmarks.emoji_sample",
    "starter-quality": "benchmarks.starter_quality",
    "app-rerun": "benchmarks.app_rerun",
    "memory-starters": "benchmarks.memory_starters",
}
"""Name → module with ``measure() -> list[Line]``, in the order in which they run."""
