"""The result

The credit of each word, the sum of its tokens', in attribution.csv.
"""

import csv
from pathlib import Path

from core.studies.takeaway.explain_layer_integrated_gradients import values
from core.studies.takeaway.explain_settings import TEXT
from core.studies.takeaway.explain_text import read, word_ids

credit: dict[int, float] = {}
for word, value in zip(word_ids, values[0].tolist(), strict=True):
    if word is not None:
        credit[word] = credit.get(word, 0.0) + value
words = [(TEXT[slice(*read.word_to_chars(word))], value) for word, value in credit.items()]
with Path("attribution.csv").open("w", newline="", encoding="utf-8") as file:
    csv.writer(file).writerows([("word", "credit"), *words])
for word, value in sorted(words, key=lambda pair: -abs(pair[1]))[:10]:
    print(f"{value:+.4f}  {word}")
