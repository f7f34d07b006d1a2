"""Every bad table gets one plain sentence with its line; every odd but sound one is read as meant."""

import io
import zipfile

import pandas as pd
import pytest

from core.config import Limits
from core.data.tables import read_table, safe_csv
from core.errors import PlaygroundError

LIMITS = Limits()
GOOD = "text,label\ngood,yes\nbad,no\n"


def xlsx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return buffer.getvalue()


REFUSED = {
    "empty": (b"", "empty"),
    "mark only": (b"\xef\xbb\xbf", "empty"),
    "blank lines": (b"\n\n  \n,,\n", "empty"),
    "header only": (b"text,label\n", "a header but no rows"),
    "row too long": (b"text,label\na,b\na,b,c\n", "Line 3 has 3 cells where the first row has 2"),
    "open quote": (b'text,label\na,b\n"never closed,c\nd,e\n', "Line 3: a quote is opened and never closed"),
    "quote in a cell": (b'text,label\n"a"b,c\n', "Line 2: a quote ends in the middle"),
    "nul": (b"text,label\na,b\na\0,b\n" + b"word,word\n" * 400, "Line 3 holds a NUL byte"),
    "excel": (xlsx(), "Excel file"),
    "old excel": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel"),
    "json": (b'[{"text": "a"}]', "JSON"),
    "json lines": (b'{"text": "a"}\n{"text": "b"}\n', "JSON"),
    "html": (b"<html><table></table></html>", "web page"),
    "png": (b"\x89PNG\r\n\x1a\n", "binary file"),
    "huge cell": (b"text,label\n" + b"a" * 1_000_000 + b",b\n", "Line 2: a cell has more than 131,072 characters"),
    "broken utf-16": (b"\xff\xfea\0b", "letters are damaged"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_tables_get_one_plain_sentence(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(PlaygroundError, match=words) as caught:
        read_table(data, LIMITS)
    assert str(caught.value).endswith(".") and "0x" not in str(caught.value)


def test_size_rows_and_columns_are_limited() -> None:
    with pytest.raises(PlaygroundError, match="more than 200,000 rows"):
        read_table(b"a,b\n" + b"x,y\n" * 300_000, LIMITS)
    with pytest.raises(PlaygroundError, match="501 columns"):
        read_table((",".join(f"c{i}" for i in range(501)) + "\n" + ",".join("x" * 501) + "\n").encode(), LIMITS)
    with pytest.raises(PlaygroundError, match="21 MB and the limit is 20 MB"):
        read_table(b"a" * (21 * 1024 * 1024), LIMITS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_encodings(encoding: str) -> None:
    table = read_table("text,label\ncafé für alle,yes\nno,no\n".encode(encoding), LIMITS)
    assert table.rows == (("café für alle", "yes"), ("no", "no"))
    assert any("Windows-1252" in sentence for sentence in table.notices) == (encoding == "cp1252")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found_even_where_texts_hold_others(separator: str) -> None:
    text = f'text{separator}label\n"a, b; c"{separator}yes\nhello | there{separator}no\n'
    if separator == "|":
        text = text.replace("hello | there", "hello")
    table = read_table(text.encode(), LIMITS)
    assert table.columns == ("text", "label") and table.column("label") == ("yes", "no")


def test_one_column_is_a_list() -> None:
    assert read_table(b"text\nfirst\nsecond one\n", LIMITS).rows == (("first",), ("second one",))


def test_words_that_other_readers_lose_stay() -> None:
    table = read_table(b"text,label\nNA,None\nnull,nan\n,x\n", LIMITS)
    assert table.rows == (("NA", "None"), ("null", "nan"), ("", "x"))
    assert list(table.frame()["text"]) == ["NA", "null", ""]


def test_names_are_made_unique_and_clean() -> None:
    table = read_table("a,a,,b\u202ec\n1,2,3,4\n".encode(), LIMITS)
    assert table.columns == ("a", "a (2)", "column 3", "bc")
    assert any("Two columns are called a" in sentence for sentence in table.notices)
    assert read_table(b"a,a (2),a\n1,2,3\n", LIMITS).columns == ("a", "a (2)", "a (3)")
    assert read_table(b"<script>x</script>,b\n1,2\n", LIMITS).columns[0] == "<script>x</script>"


def test_short_rows_are_filled_and_trailing_separators_forgiven() -> None:
    table = read_table(b"a,b,c\n1,2\n1,2,3,\n", LIMITS)
    assert table.rows == (("1", "2", ""), ("1", "2", "3"))
    assert any("fewer cells" in sentence for sentence in table.notices)


def test_lines_count_breaks_inside_quotes() -> None:
    table = read_table(b'a,b\n"one\ntwo",x\nlast,y\n', LIMITS)
    assert table.lines == (2, 4) and table.rows[0][0] == "one\ntwo"


def test_a_table_without_header() -> None:
    data = b"good,yes\nbad,no\nfine,yes\nwell,yes\n"
    assert any("looks like data" in sentence for sentence in read_table(data, LIMITS).notices)
    table = read_table(data, LIMITS, header=False)
    assert table.columns == ("column 1", "column 2") and len(table) == 4


def test_downloads_hold_no_formulas() -> None:
    frame = pd.DataFrame({"=cmd": ["=1+1", "-5", "@x", "+a", "\tb", "plain"], "n": [-1.5, 2, 3, 4, 5, 6]})
    text = safe_csv(frame).decode("utf-8-sig")
    assert text.splitlines()[:4] == ["'=cmd,n", "'=1+1,-1.5", "'-5,2.0", "'@x,3.0"]
    back = read_table(safe_csv(frame), LIMITS)
    assert back.column("n") == ("-1.5", "2.0", "3.0", "4.0", "5.0", "6.0") and back.column("'=cmd")[4] == "'\tb"


def test_a_sound_table_says_nothing() -> None:
    table = read_table(GOOD.encode(), LIMITS)
    assert table.notices == () and len(table) == 2
