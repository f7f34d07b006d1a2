"""The examples

`examples.jsonl` holds one example a line: its class, and the part of the split that it was in. The network learns
from `train`; `val` chooses when to stop; `test` is looked at once, at the end.
"""

import json
from pathlib import Path

examples = [json.loads(line) for line in Path("examples.jsonl").read_text(encoding="utf-8").splitlines()]
train, val, test = (
    [i for i, example in enumerate(examples) if example["part"] == part] for part in ("train", "val", "test")
)
held_out = test or val  # of few examples none are spared for a test
print(f"{len(train)} examples to learn from, {len(val)} to choose when to stop, {len(test)} held out")
