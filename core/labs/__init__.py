"""Labs: small experiments that are trained from scratch while somebody watches; the order is the menu's."""

from core.lab import Lab
from core.labs import playground

LABS: tuple[Lab, ...] = (playground.LAB,)
LABS_BY_SLUG = {lab.slug: lab for lab in LABS}
