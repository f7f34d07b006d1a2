"""The probe

Nothing else learns. Now that `val` has chosen the number of epochs, it may teach too: more examples teach more.
"""

from core.finetuning.takeaway.repeat_examples import train, val
from core.finetuning.takeaway.repeat_head import head_epochs, set_head

set_head(train + val, head_epochs)
