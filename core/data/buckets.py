"""Classes that a visitor fills by hand: a name, then pictures one by one or in bursts from a camera."""

from dataclasses import dataclass, field

from core.config import Limits
from core.data.images import read_image
from core.data.labelled import LabelledImages, encode, index_labels
from core.data.texts import clean_label
from core.errors import PlaygroundError

MOST_CLASSES = 20
MOST_PICTURES = 500  # of one visitor, all classes together: they are held in memory


@dataclass(frozen=True)
class Shot:
    """One picture in a class: its name for the visitor, and its pixels as a small encoded file."""

    name: str
    encoded: bytes


@dataclass
class Buckets:
    """Classes by name, in the order in which they were added."""

    shots: dict[str, list[Shot]] = field(default_factory=dict)
    taken: int = 0  # counts up, so that names stay unique when pictures are removed

    @property
    def total(self) -> int:
        """Pictures in all classes."""
        return sum(map(len, self.shots.values()))

    def add_class(self, name: str) -> str:
        """A new empty class; its name as it will be shown.

        Raises:
            PlaygroundError: no name, one that is there, or too many classes.
        """
        label = clean_label(name)
        if not label:
            raise PlaygroundError("Give the class a name first, such as cat.")
        if label.casefold() in {known.casefold() for known in self.shots}:
            raise PlaygroundError(f"There is a class called {label!r} already; choose another name.")
        if len(self.shots) >= MOST_CLASSES:
            raise PlaygroundError(f"{MOST_CLASSES} classes are the most here; upload a zip of class folders for more.")
        self.shots[label] = []
        return label

    def remove_class(self, label: str) -> None:
        """Forget a class and its pictures."""
        self.shots.pop(label, None)

    def remove_picture(self, label: str, at: int) -> None:
        """Forget one picture of a class."""
        if 0 <= at < len(self.shots.get(label, ())):
            del self.shots[label][at]

    def add_picture(self, label: str, data: bytes, name: str = "", limits: Limits | None = None) -> tuple[str, ...]:
        """Put a picture into a class, reduced to 256 pixels; what was adapted in it, a sentence each.

        Raises:
            PlaygroundError: it cannot be read, the class is gone, or there is no room.
        """
        limits = limits or Limits.from_env()
        if label not in self.shots:
            raise PlaygroundError(f"There is no class called {label[:40]!r} any more; add it again.")
        most = min(MOST_PICTURES, limits.finetune_images or MOST_PICTURES)
        if self.total >= most:
            raise PlaygroundError(f"{most} pictures are the most here; upload a zip of class folders for more.")
        picture = read_image(data, limits, max_side=256)
        self.taken += 1
        self.shots[label].append(Shot(clean_label(name) or f"shot {self.taken}", encode(picture.image)))
        return picture.notices

    def labelled(self) -> LabelledImages | None:
        """All pictures as examples to learn from; classes without one are left out. None where there is none."""
        kept = [(label, shot) for label, shots in self.shots.items() for shot in shots]
        if not kept:
            return None
        labels, targets = index_labels([label for label, _ in kept])
        return LabelledImages(
            tuple(shot.encoded for _, shot in kept),
            targets,
            labels,
            tuple(f"{label}/{shot.name}" for label, shot in kept),
        )
