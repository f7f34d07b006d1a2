"""What learns

The whole network except its word embeddings, and the new layer from where it stands.
"""

from core.finetuning.takeaway.repeat_image_blocks import blocks, stem, top
from core.finetuning.takeaway.repeat_text import network

learning = [*stem, *blocks, *top, network.head]
