"""A folder of phone photos is reduced while it is read: the peak stays far below what the photos would take."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from core.config import ROOT

READ = """
import resource, sys
from pathlib import Path
from core.data.folders import read_folder
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(read_folder(Path(sys.argv[1])).data) == 60
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.slow
def test_photos_of_12_megapixels_do_not_fill_the_memory(tmp_path):
    coarse = np.random.default_rng(0).integers(0, 255, (750, 1000, 3), dtype=np.uint8)
    (tmp_path / "a").mkdir()
    first = tmp_path / "a" / "0.jpg"
    Image.fromarray(coarse).resize((4000, 3000)).save(first, quality=80)
    for at in range(1, 60):
        (tmp_path / "a" / f"{at}.jpg").hardlink_to(first)
    told = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert float(told.stdout) < 120  # MB; decoded at full size they would take 36 each
