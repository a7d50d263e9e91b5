"""k6-testing: Playwright's assertions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

_IMPORT = "import { expect } from 'https://jslib.k6.io/k6-testing/0.6.1/index.js';"

HOLDS = [
    "(NaN).toBe(NaN)",
    "({ a: [1, { b: 2 }], c: undefined }).toEqual({ a: [1, { b: 2 }] })",
    "(1).toBeTruthy()",
    "('').toBeFalsy()",
    "(null).toBeNull()",
    "(undefined).toBeUndefined()",
    "(0).toBeDefined()",
    "(NaN).toBeNaN()",
    "(2).toBeGreaterThan(1)",
    "(2).toBeGreaterThanOrEqual(2)",
    "(1).toBeLessThan(2)",
    "(2).toBeLessThanOrEqual(2)",
    "(0.1 + 0.2).toBeCloseTo(0.3, 5)",
    "(new RangeError('x')).toBeInstanceOf(Error)",
    "([1, 2]).toHaveLength(2)",
    "('pizza').toContain('izz')",
    "([1, 2]).toContain(2)",
    "([{ a: 1 }]).toContainEqual({ a: 1 })",
    "('pizza').toMatch(/^p/)",
    "({ a: { b: [5] } }).toHaveProperty('a.b[0]', 5)",
]


@pytest.mark.parametrize("assertion", HOLDS)
def test_what_holds_says_nothing_and_its_opposite_ends_the_test(world: World, assertion: str) -> None:
    """Each assertion passes; with `not` it fails and aborts."""
    world.value(_IMPORT, f"expect{assertion};")
    assert world.ended == []
    with pytest.raises(JsError, match="aborted"):
        world.value(_IMPORT, f"expect{assertion.replace(').to', ').not.to', 1)};")
    ((what, message),) = world.ended
    assert what == "abort"
    assert message.startswith("expect(received).not.to")


def test_soft_assertions_go_on(world: World) -> None:
    """They mark the test as failed, or throw where that is configured; messages come first."""
    world.value(_IMPORT, "expect.soft(500, 'status').toBe(200); expect.soft(1).toBe(1);")
    assert world.ended == [("fail", "status: expect(received).toBe(200) failed: received 500")]
    with pytest.raises(JsError, match=r"toEqual\(\{a: 2\}\) failed: received \{a: 1\}"):
        world.value(_IMPORT, "expect.configure({ softMode: 'throw' }).soft({ a: 1 }).toEqual({ a: 2 });")


def test_assertions_of_browsers_are_refused(world: World) -> None:
    """By name."""
    with pytest.raises(JsError, match=r"toBeVisible\(\) is for pages of browsers"):
        world.value(_IMPORT, "await expect({}).toBeVisible();")
