"""SharedArrays and files: once per worker, frozen copies on access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import DiskFiles, HostFunction, HostModule, JsError, Shared, shared_array

if TYPE_CHECKING:
    from .conftest import Scripts

_MODULES = {
    "data": HostModule(
        {"make": HostFunction(shared_array)},
        "const { array } = core.part('shared');"
        "exports.SharedArray = class { constructor(name, make) { return array(...host.make(name, make)) } };",
    )
}


def _call(scripts: Scripts, body: str) -> Any:
    source = f"""
        import {{ SharedArray }} from 'data';
        const a = new SharedArray('users', () => [{{ id: 1, tags: ['x'] }}, {{ id: 2 }}, 'text', null]);
        export default () => {{ {body} }};
    """
    return scripts.call(source, modules=_MODULES)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.length", 4),
        ("a[0].tags[0] + a[1].id", "x2"),
        ("[a[4] === undefined, a[-1] === undefined, a['01'] === undefined]", [True, True, True]),
        ("[...a].length", 4),
        ("Array.isArray(a)", True),
        ("a.map((u) => u && u.id).filter((x) => x)", [1, 2]),
        ("a.find((u) => u.id === 2)", {"id": 2}),
        ("a.slice(1, 3)", [{"id": 2}, "text"]),
        ("JSON.stringify(a)", '[{"id":1,"tags":["x"]},{"id":2},"text",null]'),
        ("Object.keys(a)", ["0", "1", "2", "3"]),
        ("[0 in a, 9 in a, a.includes('text'), a.indexOf(null)]", [True, False, True, 3]),
        ("(() => { let s = 0; for (const u of a) s += u?.id || 0; for (const i in a) s += +i; return s })()", 9),
        ("a[0] === a[0]", False),
        ("Object.isFrozen(a[0]) && Object.isFrozen(a[0].tags)", True),
        ("a.at(-2)", "text"),
    ],
)
def test_reads_like_an_array(scripts: Scripts, expression: str, expected: Any) -> None:
    """Indexing, length, iteration and the methods of arrays."""
    assert _call(scripts, f"return {expression}") == expected


@pytest.mark.parametrize("change", ["a[0] = 1", "a.push(1)", "a.length = 0", "delete a[0]", "a[0].id = 9", "a.sort()"])
def test_cannot_be_changed(scripts: Scripts, change: str) -> None:
    """Every attempt to write is a TypeError."""
    assert _call(scripts, f"try {{ {change} }} catch (e) {{ return e.name }}") == "TypeError"


def test_made_once_per_worker(scripts: Scripts) -> None:
    """The function runs in the first context only; all contexts see the same data outside of their memory."""
    source = """
        import { SharedArray } from 'data';
        export let ran = 0;
        const make = () => { ran++; return new Array(20000).fill(0).map((_, i) => ({ i, s: 'x'.repeat(40) })) };
        const a = new SharedArray('big', make);
        export default () => [ran, a.length, a[19999].i];
    """
    program = scripts.program(source, modules=_MODULES)

    def users() -> tuple[list[Any], int]:
        first, second = scripts.context(program), scripts.context(program)
        return [first.call("default"), second.call("default")], second.memory()

    results, memory = scripts.run(users)
    assert results == [[1, 20000, 19999], [0, 20000, 19999]]
    assert memory < 300_000
    assert scripts.shared.size > 1_000_000


def test_only_arrays(scripts: Scripts) -> None:
    """Anything else is refused."""
    source = "import { SharedArray } from 'data'; new SharedArray('x', () => ({})); export default 1"
    with pytest.raises(JsError, match="must return an array"):
        scripts.call(source, modules=_MODULES)


def test_odd_texts_survive(scripts: Scripts) -> None:
    """Elements with NUL and lone surrogates."""
    source = """
        import { SharedArray } from 'data';
        const a = new SharedArray('odd', () => ['n\\0', '\\ud800', 'é😀']);
        export default () => [...a];
    """
    assert scripts.call(source, modules=_MODULES) == ["n\0", "\ud800", "é😀"]


def test_files_are_read_once(scripts: Scripts) -> None:
    """The second read does not touch the disk; texts lose their byte order mark."""
    scripts.write({"a.txt": "\ufefftext"})
    shared, path = Shared(), str(scripts.folder / "a.txt")
    assert shared.read_text(DiskFiles(), path) == "text"
    (scripts.folder / "a.txt").unlink()
    assert shared.read(DiskFiles(), path) == b"\xef\xbb\xbftext"
    with pytest.raises(OSError, match="other"):
        shared.read(DiskFiles(), path.replace("a.txt", "other.txt"))


def test_contexts_without_shared_data(scripts: Scripts) -> None:
    """A host that forgot it is told so."""
    scripts.shared = None
    with pytest.raises(JsError, match="no shared data"):
        _call(scripts, "return 1")
