"""What learns

The last blocks, and the new layer from where it stands.
"""

from core.finetuning.takeaway.repeat_image_blocks import blocks, top
from core.finetuning.takeaway.repeat_settings import UNFROZEN_BLOCKS
from core.finetuning.takeaway.repeat_text import network

learning = [*blocks[-UNFROZEN_BLOCKS:], *top, network.head]
