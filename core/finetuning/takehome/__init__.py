"""What leaves with a visitor and comes back: the zip of a model, its ONNX file, the run as code. Light to import."""

from core.finetuning.takehome.names import file_name
from core.finetuning.takehome.zipped import model_zip

BRING_BACK = "core.finetuning.takehome.bring_back:run"
"""What `core.jobs.submit` runs on an uploaded zip of ours, spooled as `bring_back.UPLOAD`."""

ONNX = "core.finetuning.takehome.onnx_file:run"
"""What `core.jobs.submit` runs on the files that `onnx_file.inputs` lists."""

__all__ = ["BRING_BACK", "ONNX", "file_name", "model_zip"]
