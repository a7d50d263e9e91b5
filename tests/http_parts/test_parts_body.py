"""Request bodies: the bytes requests would send, streamed where they are files, multipart that others can read."""

from __future__ import annotations

import io
import json
import os
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from swell.http.body import Body, json_body, make_body
from swell.http.multipart import multipart_body


def _whole(body: Body | None) -> bytes:
    assert body is not None
    data = b"".join(body.chunks())
    if body.content is not None:
        assert body.content == data
    if body.length is not None:
        assert body.length == len(data)
    return data


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(_JSON.filter(lambda value: value is not None))
def test_json_is_the_bytes_of_requests(value):
    """JSON bodies are byte for byte those of requests, and read back as the value."""
    body = make_body(json=value)
    assert body is not None
    assert body.content_type == "application/json"
    assert _whole(body) == requests.Request("POST", "http://h/", json=value).prepare().body
    assert json.loads(_whole(body)) == value


def test_json_that_cannot_be_said():
    """NaN and foreign objects are refused, not sent as something else."""
    with pytest.raises(ValueError, match="JSON"):
        json_body(float("nan"))
    with pytest.raises(TypeError, match="JSON"):
        json_body({"x": object()})


@pytest.mark.parametrize(
    "data",
    [
        {"a": "1", "b": [1, 2], "c": None, "ä": "ö &="},
        [("a", "1"), ("a", "2")],
        (("x", b"\xff"),),
        {"n": 5, "f": 1.5},
    ],
)
def test_forms_are_the_bytes_of_requests(data):
    """Mappings and pairs become the form requests makes of them."""
    expected = requests.Request("POST", "http://h/", data=data).prepare()
    body = make_body(data)
    assert body is not None
    assert _whole(body).decode() == expected.body
    assert body.content_type == expected.headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("data", "expected"),
    [("täxt", "täxt".encode()), (b"bytes", b"bytes"), (bytearray(b"array"), b"array"), (memoryview(b"view"), b"view")],
)
def test_text_and_bytes_go_as_they_are(data, expected):
    """Text goes as UTF-8, bytes unchanged, and neither sets a content type."""
    body = make_body(data)
    assert body is not None
    assert _whole(body) == expected
    assert body.content_type is None
    assert body.replayable


@pytest.mark.parametrize("data", [None, "", b"", {}, []])
def test_nothing_is_no_body(data):
    """Empty data is no body, and lets json through."""
    assert make_body(data) is None
    assert _whole(make_body(data, json={"a": 1})) == b'{"a": 1}'


def test_data_goes_before_json():
    """With both given, data is sent, as in requests."""
    assert _whole(make_body("x", json={"a": 1})) == b"x"


def test_files_are_streamed_from_where_they_stand(tmp_path: Path):
    """A file object goes in pieces from its position, with a known length, as often as needed."""
    path = tmp_path / "big.bin"
    content = os.urandom(300_000)
    path.write_bytes(content)
    with path.open("rb") as file:
        file.seek(100_000)
        body = make_body(file)
        assert body is not None
        assert (body.content, body.length, body.replayable) == (None, 200_000, True)
        pieces = list(body.chunks())
        assert max(map(len, pieces)) <= 65536
        assert b"".join(pieces) == content[100_000:] == _whole(body)


def test_paths_are_opened_when_sent(tmp_path: Path):
    """A path is the file's content, opened anew for each sending; a missing one is named at once."""
    path = tmp_path / "a.txt"
    path.write_text("content")
    body = make_body(path)
    assert _whole(body) == _whole(body) == b"content"
    with pytest.raises(FileNotFoundError, match=r"none\.txt"):
        make_body(tmp_path / "none.txt")
    with pytest.raises(IsADirectoryError, match="directory"):
        make_body(tmp_path)


@pytest.mark.parametrize(("text", "word"), [("short", "shorter"), ("much longer than before", "longer")])
def test_a_file_that_changes_is_noticed(tmp_path: Path, text, word):
    """A file whose size is no longer the one announced ends in an error, not in a garbled connection."""
    path = tmp_path / "a.txt"
    path.write_text("0123456789")
    body = make_body(path)
    path.write_text(text)
    assert body is not None
    with pytest.raises(ValueError, match=word):
        list(body.chunks())


def test_text_files(tmp_path: Path):
    """A file opened as text is sent as its bytes; StringIO as UTF-8."""
    path = tmp_path / "a.txt"
    path.write_bytes("zeile\r\n".encode("utf-16"))
    with path.open(encoding="utf-16") as file:
        assert _whole(make_body(file)) == path.read_bytes()
    assert _whole(make_body(io.StringIO("ü"))) == "ü".encode()


class _Pipe(io.RawIOBase):
    """Bytes that can be read once and have no length."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)


def test_pipes_and_generators_go_chunked_once():
    """What has no length has length None, is not replayable and yields no empty piece."""
    pipe = make_body(_Pipe(b"x" * 100_000))
    assert pipe is not None
    assert (pipe.length, pipe.replayable) == (None, False)
    assert _whole(pipe) == b"x" * 100_000

    stream = make_body(chunk for chunk in ["ä", b"", b"b", bytearray(b"c")])
    assert stream is not None
    assert (stream.length, stream.replayable) == (None, False)
    assert list(stream.chunks()) == ["ä".encode(), b"b", b"c"]


def test_wrong_data_says_what_to_pass():
    """Data that cannot be a body is a TypeError with the possibilities."""

    async def chunks():
        yield b"x"

    with pytest.raises(TypeError, match="generator or a file"):
        make_body(chunks())
    with pytest.raises(TypeError, match="not int"):
        make_body(5)
    with pytest.raises(TypeError, match="pairs"):
        make_body([1, 2])
    body = make_body(iter([1]))
    assert body is not None
    with pytest.raises(TypeError, match="bytes or text"):
        list(body.chunks())


def _parts(body: Body | None) -> list[tuple[str | None, str | None, str | None, bytes]]:
    """(name, filename, content type, content) of each part, as the standard library's mail parser reads it."""
    assert body is not None
    assert body.content_type is not None
    message = message_from_bytes(
        f"Content-Type: {body.content_type}\r\n\r\n".encode() + _whole(body), policy=policy.HTTP
    )
    assert not message.defects
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"],
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


def test_multipart_of_every_shape(tmp_path: Path):
    """Fields first, then files of each shape, with the total length known and the parts read by another parser."""
    path = tmp_path / "on disk.bin"
    path.write_bytes(b"\x00\x01disk")
    with path.open("rb") as opened:
        body = make_body(
            {"field": "value", "many": ["1", 2], "none": None},
            files=[
                ("plain", b"bytes"),
                ("path", path),
                ("opened", opened),
                ("named", ("n.txt", "text", "text/plain", {"X-Part": "yes"})),
                ("nameless", (None, "just a field")),
                ("buffer", ("b.bin", io.BytesIO(b"buffer"))),
            ],
        )
        assert body is not None
        assert body.content is None
        assert body.length == len(_whole(body))
        assert body.replayable
        assert _parts(body) == [
            ("field", None, None, b"value"),
            ("many", None, None, b"1"),
            ("many", None, None, b"2"),
            ("plain", "plain", None, b"bytes"),
            ("path", "on disk.bin", None, b"\x00\x01disk"),
            ("opened", "on disk.bin", None, b"\x00\x01disk"),
            ("named", "n.txt", "text/plain", b"text"),
            ("nameless", None, None, b"just a field"),
            ("buffer", "b.bin", None, b"buffer"),
        ]


def test_multipart_in_memory_is_the_bytes_of_requests():
    """Without streams the body is one bytes object, the same as requests makes, boundary aside."""
    data, files = {"a": "ü", "b": ["1", "2"]}, {"f": ("name.txt", b"content", "text/plain"), "g": ("g", "text")}
    expected = requests.Request("POST", "http://h/", data=data, files=files).prepare()
    boundary = expected.headers["Content-Type"].partition("boundary=")[2]
    body = multipart_body(data, files, boundary)
    assert body.content == expected.body
    assert body.content_type == expected.headers["Content-Type"]


@given(
    st.lists(st.tuples(st.text("abc xyz", min_size=1, max_size=8), st.binary(max_size=60)), max_size=4),
    st.lists(st.tuples(st.text("abcü.", min_size=1, max_size=8), st.binary(max_size=200)), min_size=1, max_size=3),
)
def test_multipart_round_trip(fields, files):
    """Any contents come out of another parser as they went in."""
    body = make_body(fields, files=[(name, (name, content)) for name, content in files])
    assert body is not None
    boundary = (body.content_type or "").partition("boundary=")[2].encode()
    sections = _whole(body).split(b"--" + boundary)
    assert (sections[0], sections[-1]) == (b"", b"--\r\n")
    contents = [section.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for section in sections[1:-1]]
    assert contents == [content for _, content in [*fields, *files]]


def test_multipart_of_unknown_length():
    """One part without a length makes the whole chunked, and not replayable."""
    body = make_body(files={"p": ("p", _Pipe(b"piped"))})
    assert body is not None
    assert (body.length, body.replayable) == (None, False)
    assert b"piped" in _whole(body)


def test_names_cannot_break_out():
    """Quotes and line ends in names are escaped as browsers do; in part headers they are refused."""
    body = make_body(files={'a"\r\nEvil: 1': ('f"\r\n.txt', b"x")})
    assert b'name="a%22%0D%0AEvil: 1"; filename="f%22%0D%0A.txt"\r\n' in _whole(body)
    with pytest.raises(ValueError, match="line end"):
        make_body(files={"a": ("f", b"x", "text/plain\r\nEvil: 1")})


@pytest.mark.parametrize(
    ("data", "files", "word"),
    [("text", {"f": b"x"}, "data="), (None, {"f": 5}, "'f'"), (None, {"f": ("one",)}, "'f'"), (None, [1], "files=")],
)
def test_wrong_files_say_what_to_pass(data, files, word):
    """Files of a wrong shape are refused by name."""
    with pytest.raises((TypeError, ValueError), match=word):
        make_body(data, files=files)
