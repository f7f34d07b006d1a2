"""Two columns become labelled texts; what is blank is left out and counted."""

import pytest

from core.config import Limits
from core.data.columns import guess, holds_several, labelled
from core.data.tables import read_table
from core.errors import PlaygroundError

LIMITS = Limits()


@pytest.mark.parametrize(
    ("head", "expected"),
    [("text,label", ("text", "label")), ("Category,Review", ("Review", "Category")), ("x,y", ("x", "y"))],
)
def test_columns_are_guessed_by_name_or_content(head: str, expected: tuple[str, str]) -> None:
    text, label = ("a long sentence here", "yes") if head != "Category,Review" else ("yes", "a long sentence here")
    rows = "".join(f"{text if i % 2 else text + str(i)},{label}\n" for i in range(6))
    if head == "Category,Review":
        rows = "".join(f"{text},{label} {i}\n" for i in range(6))
    assert guess(read_table(f"{head}\n{rows}".encode())) == expected


def test_rows_without_text_or_label_are_left_out_and_counted() -> None:
    table = read_table("text,label\ngood,yes\n,no\nbad,\n\u200b,no\nfine, no \n".encode())
    data, notices = labelled(table, "text", "label")
    assert data.examples == ("good", "fine") and data.labels == ("no", "yes") and data.targets == (1, 0)
    assert data.names == ("line 2", "line 6")
    assert notices == ("3 rows have no text or no label and will be left out.",)


def test_long_texts_are_cut_and_said() -> None:
    table = read_table(b"text,label\n" + b"word " * 100 + b",yes\nshort,no\n")
    data, notices = labelled(table, "text", "label", Limits(text_chars=20))
    assert len(data.examples[0]) <= 20 and "1 text is cut to 20" in notices[0]


def test_wrong_columns_are_said() -> None:
    table = read_table(b"a,b\n1,\n2,\n")
    with pytest.raises(PlaygroundError, match="same column"):
        labelled(table, "a", "a")
    with pytest.raises(PlaygroundError, match="no column called 'z'"):
        labelled(table, "a", "z")
    with pytest.raises(PlaygroundError, match="No row has both"):
        labelled(table, "a", "b")


def test_a_cell_may_name_several_classes():
    table = read_table(b"text,label\none,sad|funny\ntwo,funny; sad;sad\nthree,sad\nfour,|\n", LIMITS)
    data, notices = labelled(table, "text", "label", LIMITS, several=True)
    assert data.multi_label and data.labels == ("funny", "sad")
    assert data.target_sets == ((0, 1), (0, 1), (1,)) and data.targets == (0, 0, 1)
    assert notices == ("1 row has no text or no label and will be left out.",)
    single, _ = labelled(table, "text", "label", LIMITS)
    assert not single.multi_label and "sad|funny" in single.labels


def test_several_classes_are_recognised_where_their_parts_come_back():
    together = read_table(b"text,label\na,sad|funny\nb,funny|sad\nc,sad\nd,sad\n", LIMITS)
    assert holds_several(together, "label")
    plain = read_table(b"text,label\na,sad\nb,funny\nc,x;y\nd,sad\n", LIMITS)
    assert not holds_several(plain, "label") and not holds_several(plain, "nowhere")
