"""Which URLs our equivalents stand for, and users' own copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swell.dialects.javascript import JsProgramError
from swell.dialects.k6.jslib import catalog, host

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import World


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://jslib.k6.io/k6-utils/1.4.0/index.js", "k6-utils"),
        ("https://jslib.k6.io/k6-utils/1.6.0/index.js?x=1", "k6-utils"),
        ("https://jslib.k6.io/k6-summary/0.0.1/index.js", "k6-summary"),
        ("https://jslib.k6.io/papaparse/5.1.1/index.js", "papaparse"),
        ("https://cdn.jsdelivr.net/npm/papaparse@5.4.1/papaparse.min.js", "papaparse"),
        ("https://unpkg.com/papaparse@5.4.1/papaparse.js", "papaparse"),
        ("https://jslib.k6.io/k6chaijs/4.5.0.1/index.js", "k6chaijs"),
        ("https://jslib.k6.io/functional/0.0.3/index.js", "expect"),
        ("https://jslib.k6.io/http-instrumentation-tempo/1.0.1/index.js", "http-instrumentation"),
        ("https://raw.githubusercontent.com/benc-uk/k6-reporter/main/dist/bundle.js", "k6-reporter"),
        ("https://raw.githubusercontent.com/benc-uk/k6-reporter/2.4.0/dist/bundle.js", "k6-reporter"),
        ("https://cdn.jsdelivr.net/gh/benc-uk/k6-reporter@2.4.0/dist/bundle.js", "k6-reporter"),
    ],
)
def test_any_version_of_a_library_is_found(url: str, name: str) -> None:
    """The URLs that scripts import lead to our equivalents."""
    library = catalog.find(url)
    assert library is not None
    assert library.name == name
    assert catalog.equivalent(url) == f"swell:jslib/{name}"


@pytest.mark.parametrize(
    "url",
    [
        "https://jslib.k6.io/aws/0.11.0/s3.js",
        "https://example.com/k6-utils/1.4.0/index.js",
        "https://jslib.k6.io/",
        "./k6-utils.js",
        "https://raw.githubusercontent.com/else/k6-reporter/main/dist/bundle.js",
    ],
)
def test_other_urls_are_not(url: str) -> None:
    """What we have no equivalent of is nobody's."""
    assert catalog.find(url) is None
    assert catalog.equivalent(url) is None


@given(st.text())
def test_no_text_upsets_the_catalog(text: str) -> None:
    """Any specifier gets an answer."""
    try:
        assert catalog.find("https://jslib.k6.io/" + text) is None or text
    except ValueError:  # urlsplit refuses broken brackets
        assert "[" in text or "]" in text


def test_each_library_has_its_source_and_its_module() -> None:
    """Every entry of the catalog is a module of the host."""
    assert set(host.modules()) == {library.module for library in catalog.LIBRARIES.values()}
    assert all(module.source for module in host.modules().values())


def test_a_users_copy_is_found_by_host_and_path(tmp_path: Path) -> None:
    """Vendor folders are searched in order; nothing outside of them is served."""
    url = "https://jslib.k6.io/aws/0.11.0/s3.js"
    copy = tmp_path / "b" / "jslib.k6.io" / "aws" / "0.11.0" / "s3.js"
    copy.parent.mkdir(parents=True)
    copy.write_text("export const x = 1;")
    assert catalog.vendored(url, [tmp_path / "a", tmp_path / "b"]) == copy
    assert catalog.vendored(url, [tmp_path / "a"]) is None
    assert catalog.vendored("https://jslib.k6.io/../b/jslib.k6.io/aws/0.11.0/s3.js", [tmp_path / "b"]) is None


def test_a_users_copy_goes_before_our_equivalent(world: World) -> None:
    """Whoever saved a library gets that file."""
    copy = world.folder / "vendor" / "jslib.k6.io" / "k6-utils" / "1.4.0" / "index.js"
    copy.parent.mkdir(parents=True)
    copy.write_text("export const randomItem = () => 'mine';")
    imports = "import { randomItem } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';"
    assert world.value(imports, "return randomItem([1]);") == "mine"
    other = "import { randomItem } from 'https://jslib.k6.io/k6-utils/1.3.0/index.js';"
    assert world.value(other, "return randomItem([1]);") == 1


def test_a_library_that_is_not_there_says_where_to_put_it(world: World) -> None:
    """The message names the place for the file."""
    with pytest.raises(JsProgramError, match=r"vendor/jslib\.k6\.io/aws/0\.11\.0/s3\.js"):
        world.value("import { S3Client } from 'https://jslib.k6.io/aws/0.11.0/s3.js';", "return 1;")


def test_commonjs_scripts_get_them_too(world: World) -> None:
    """require() of a remote library gives its names."""
    source = (
        "const u = require('https://jslib.k6.io/k6-utils/1.4.0/index.js'); exports.default = () => u.randomItem([5]);"
    )
    assert world.call(source) == 5


def test_a_file_may_hand_on_all_of_a_library(world: World) -> None:
    """`export *` gives the library's names."""
    (world.folder / "lib.js").write_text(
        "export * from 'https://jslib.k6.io/k6-utils/1.4.0/index.js'; export * from 'https://jslib.k6.io/url/1.0.0/index.js';"
    )
    body = "return [randomItem([3]), typeof uuidv4, new URL('http://a/').host];"
    assert world.value("import { randomItem, uuidv4, URL } from './lib.js';", body) == [3, "function", "a"]
