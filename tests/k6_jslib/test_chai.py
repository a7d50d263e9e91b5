"""k6chaijs and expect: assertions that are checks, cases that are groups."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

_CHAI = "import chai, { describe, expect } from 'https://jslib.k6.io/k6chaijs/4.3.4.3/index.js';"
_EXPECT = "import { describe, test } from 'https://jslib.k6.io/expect/0.0.5/index.js';"


def _names(world: World, body: str) -> list[str]:
    world.value(_CHAI, body)
    assert all(held for _, held in world.checks), world.checks
    return [name for name, _ in world.checks]


# What k6chaijs documents: an assertion that holds, and the name of its check.
@pytest.mark.parametrize(
    ("assertion", "name"),
    [
        ("({ a: 1 }).to.not.have.property('b')", "expected ${this} to not have property 'b'"),
        ("(2).to.equal(2)", "expected ${this} to equal 2"),
        ("({ a: 1 }).to.deep.equal({ a: 1 })", "expected ${this} to deeply equal { a: 1 }"),
        (
            "({ a: { b: ['x', 'y'] } }).to.have.nested.property('a.b[1]')",
            "expected ${this} to have nested property 'a.b[1]'",
        ),
        ("({ a: 1 }).to.have.own.property('a')", "expected ${this} to have own property 'a'"),
        ("([1, 2]).to.have.ordered.members([1, 2])", "expected ${this} to have the same ordered members as [ 1, 2 ]"),
        (
            "([1, 2]).to.not.have.ordered.members([2, 1])",
            "expected ${this} to not have the same ordered members as [ 2, 1 ]",
        ),
        ("({ a: 1, b: 2 }).to.not.have.any.keys('c', 'd')", "expected ${this} to not have keys 'c', or 'd'"),
        ("({ a: 1, b: 2 }).to.have.all.keys('a', 'b')", "expected ${this} to have keys 'a', and 'b'"),
        ("('foo').to.be.a('string')", "expected ${this} to be a string"),
        ("('foobar').to.include('foo')", "expected ${this} to include 'foo'"),
        ("(true).to.be.true", "expected ${this} to be true"),
        ("(null).to.be.null", "expected ${this} to be null"),
        ("(undefined).to.be.undefined", "expected ${this} to be undefined"),
        ("(NaN).to.be.NaN", "expected ${this} to be NaN"),
        ("([]).to.be.empty", "expected ${this} to be empty"),
        ("({}).not.to.be.arguments", "expected ${this} to not be arguments"),
        ("(2).to.be.at.most(3)", "expected ${this} to be at most 3"),
        ("({ a: 1 }).to.not.be.an.instanceof(Array)", "expected ${this} to not be an instance of Array"),
        ("('foobar').to.match(/^foo/)", "expected ${this} to match /^foo/"),
        ("('foobar').to.have.string('bar')", "expected ${this} to contain 'bar'"),
        ("(() => { throw new TypeError('Illegal salmon!'); }).to.throw()", "expected ${this} to throw an error"),
        ("(1.5).to.equal(1.5)", "expected ${this} to equal 1.5"),
        ("([1, 2, 3]).to.have.members([2, 1, 3])", "expected ${this} to have the same members as [ 2, 1, 3 ]"),
        (
            "('Today is sunny').to.contain.oneOf(['sunny', 'cloudy'])",
            "expected ${this} to contain one of [ 'sunny', 'cloudy' ]",
        ),
        ("({ a: 1 }).to.be.extensible", "expected ${this} to be extensible"),
        ("(1).to.be.finite", "expected ${this} to be a finite number"),
        ("(200, 'response status').to.equal(200)", "expected response status to equal 200"),
        ("(9, 'number of crocs').to.be.above(4)", "expected number of crocs to be above 4"),
        ("({ json: () => 1 }).to.have.validJsonBody()", "has valid json body"),
    ],
)
def test_names_of_checks_are_those_of_the_documentation(world: World, assertion: str, name: str) -> None:
    """Names leave out the value, so that all VUs' checks are one."""
    assert _names(world, f"expect{assertion};") == [name]


@pytest.mark.parametrize(
    "assertion",
    [
        "([1, 2, 3]).to.be.an('array').that.includes(2)",
        "([1, 2, 3]).to.have.lengthOf(3).and.not.be.empty",
        "('abc').to.have.length.above(2)",
        "('abc').to.have.lengthOf.at.least(3)",
        "([1, 2, 3]).to.include.members([3, 1])",
        "([{ a: 1 }]).to.deep.include({ a: 1 })",
        "({ a: { b: 1 }, c: 2 }).to.deep.include({ a: { b: 1 } })",
        "({ a: { b: 1 } }).to.nested.include({ 'a.b': 1 })",
        "({ a: 1 }).to.have.property('a', 1)",
        "({ a: 1 }).to.have.property('a').that.is.a('number').and.equals(1)",
        "({ a: [{ b: 2 }] }).to.have.deep.property('a', [{ b: 2 }])",
        "({ a: 1, b: 2 }).to.include.keys('a')",
        "({ a: 1 }).to.have.any.keys('a', 'z')",
        "(1).to.be.oneOf([1, 2])",
        "(5).to.be.within(1, 5).and.not.be.within(6, 7)",
        "(1.5).to.be.closeTo(1, 0.5)",
        "(3).to.satisfy((n) => n > 2)",
        "(new Date(5)).to.eql(new Date(5))",
        "(new Map([[1, { a: 2 }]])).to.eql(new Map([[1, { a: 2 }]]))",
        "(new Set([1, { a: 1 }])).to.deep.equal(new Set([{ a: 1 }, 1]))",
        "([1, , 2]).to.not.eql([1, 2])",
        "(0).to.exist.and.not.be.ok",
        "(undefined).to.not.exist",
        "(() => { throw new RangeError('too far'); }).to.throw(RangeError, /far/)",
        "(() => { throw new Error('x'); }).to.throw('x')",
        "(() => {}).to.not.throw()",
        "([]).to.respondTo('push')",
        "(Object.freeze({})).to.be.frozen",
        "(/x/).to.be.a('RegExp')",
    ],
)
def test_more_of_the_interface(world: World, assertion: str) -> None:
    """Chains, flags and deep comparisons do what Chai documents."""
    assert _names(world, f"expect{assertion};")


def test_changes(world: World) -> None:
    """change, increase and decrease look at a property or a function, before and after."""
    assert _names(
        world,
        """const o = { n: 1 };
        expect(() => { o.n += 2; }).to.increase(o, 'n').by(2);
        expect(() => { o.n--; }).to.decrease(() => o.n);
        expect(() => {}).to.not.change(o, 'n');""",
    )


def test_a_failed_assertion_ends_its_case(world: World) -> None:
    """A failed check, nothing more of that describe(), and the next one runs."""
    found = world.value(
        _CHAI,
        """const a = describe('first', () => { expect(201, 'status').to.equal(200); expect(1).to.equal(1); });
        const b = describe('second', () => { expect(1).to.be.ok; });
        return [a, b];""",
    )
    assert found == [False, True]
    assert world.groups == ["first", "second"]
    assert world.checks == [("expected status to equal 200", False), ("expected ${this} to be truthy", True)]


def test_other_errors_are_failed_checks_too(world: World) -> None:
    """An exception in describe() is a failed check, and its text is logged."""
    assert world.value(_CHAI, "return describe('case', () => { null.x; });") is False
    ((name, held),) = world.checks
    assert name.startswith('Exception raised "')
    assert not held
    assert world.logged[0][0] == "error"
    assert "main.js" in world.logged[0][1]


def test_outside_of_a_case_it_throws(world: World) -> None:
    """The iteration fails with the value in the message."""
    with pytest.raises(JsError, match="status: expected 404 to equal 200") as caught:
        world.value(_CHAI, "expect(404, 'status').to.equal(200);")
    assert caught.value.name == "AssertionError"
    assert world.checks == [("expected status to equal 200", False)]


def test_settings(world: World) -> None:
    """Values in names on request, names cut, failures logged."""
    world.value(
        _CHAI,
        """chai.config.aggregateChecks = false; chai.config.truncateVariableThreshold = 10; chai.config.logFailures = true;
        describe('x', () => { expect('abcdefghijklmnop').to.equal('abcdefghijklmnop'); expect(1, 'one').to.equal(2); });
        chai.config.truncateMsgThreshold = 20;
        expect(12345).to.be.a('number');""",
    )
    assert world.checks == [
        ("expected 'abcdef... to equal 'abcdef...", True),
        ("one: expected 1 to equal 2", False),
        ("expected 12345 to...", True),
    ]
    assert world.logged == [("warn", "one: expected 1 to equal 2")]


def test_plugins(world: World) -> None:
    """chai.use() adds methods and properties."""
    body = """chai.use((chai, utils) => {
          chai.Assertion.addMethod('status', function (code) {
            this.assert(utils.flag(this, 'object').status === code, 'expected status #{exp}', 'expected another status than #{exp}', code);
          });
          chai.Assertion.addProperty('even', function () { this.assert(this._obj % 2 === 0, 'expected #{this} to be even', 'expected #{this} to be odd'); });
        });
        expect({ status: 200 }).to.have.status(200);
        expect(3).to.not.be.even;"""
    assert _names(world, body) == ["expected status 200", "expected ${this} to be odd"]


def test_async_cases(world: World) -> None:
    """describe() of an async function gives a promise of its result."""
    body = "return [await describe('a', async () => { await null; expect(1).to.equal(2); }), await describe('b', async () => {})];"
    assert world.value(_CHAI, body) == [False, True]


def test_chained_expectations(world: World) -> None:
    """The older library: chains of t.expect(...).and(...), broken by the first that fails."""
    found = world.value(
        _EXPECT,
        """const r = { status: 200, url: 'http://a/x', json: () => [1, 2] };
        const a = describe('Basic', (t) => { t.expect(r.status).as('response status').toEqual(200)
          .and(r).toHaveValidJson().and(r.json().length).as('number of crocs').toBeGreaterThan(1); });
        const b = test('Range', (t) => { t.expect(5).toBeBetween(1, 3); t.expect(1).toBeTruthy(); });
        const c = describe('Broken', () => { throw 'Something unexpected'; });
        return [a, b, c];""",
    )
    assert found == [True, False, False]
    assert world.groups == ["Basic", "Range", "Broken"]
    assert world.checks == [
        ("response status is 200", True),
        ("http://a/x has valid json", True),
        ("number of crocs is greater than 1", True),
        ("5 is between 1 - 3", False),
        ('Exception raised "Something unexpected"', False),
    ]
