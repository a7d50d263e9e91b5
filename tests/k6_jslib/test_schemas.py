"""ajv, k6chaijs-contracts, jsonpath."""

# ruff: noqa: E501 - scripts keep their lines

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

_AJV = "import Ajv from 'https://jslib.k6.io/ajv/6.12.5/index.js';"
_PATH = "import jsonpath from 'https://jslib.k6.io/jsonpath/1.0.2/index.js';"
_STORE = {
    "store": {
        "book": [
            {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95},
            {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99},
            {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553", "price": 8.99},
            {"category": "fiction", "author": "J. R. R. Tolkien", "title": "Rings", "isbn": "0-395", "price": 22.99},
        ],
        "bicycle": {"color": "red", "price": 19.95},
    }
}


@pytest.mark.parametrize(
    ("schema", "good", "bad", "message"),
    [
        ({"type": "string"}, "x", 1, "data should be string"),
        ({"type": ["integer", "null"]}, None, 1.5, "data should be integer,null"),
        ({"required": ["a"]}, {"a": 1}, {}, "data should have required property 'a'"),
        ({"properties": {"a": {"minimum": 2}}}, {"a": 2}, {"a": 1}, "data.a should be >= 2"),
        ({"exclusiveMaximum": 2}, 1.9, 2, "data should be < 2"),
        ({"multipleOf": 0.1}, 0.3, 0.35, "data should be multiple of 0.1"),
        ({"items": {"type": "number"}}, [1], [1, "x"], "data[1] should be number"),
        ({"items": [{"type": "number"}], "additionalItems": False}, [1], [1, 2], "data[1] boolean schema is false"),
        ({"minItems": 1}, [0], [], "data should NOT have fewer than 1 items"),
        ({"uniqueItems": True}, [1, {"a": 1}], [{"a": 1}, {"a": 1}], "data should NOT have duplicate items"),
        ({"contains": {"const": 5}}, [1, 5], [1], "data should contain a valid item"),
        ({"minLength": 2}, "ab", "a", "data should NOT be shorter than 2 characters"),
        ({"pattern": "^a"}, "ab", "b", 'data should match pattern "^a"'),
        ({"format": "date"}, "2024-02-29", "29.2.2024", 'data should match format "date"'),
        ({"format": "email"}, "a@b.c", "ab", 'data should match format "email"'),
        ({"enum": [1, {"a": 1}]}, {"a": 1}, 2, "data should be equal to one of the allowed values"),
        (
            {"additionalProperties": False, "patternProperties": {"^x": {}}},
            {"x1": 1},
            {"y": 1},
            "data should NOT have additional properties",
        ),
        ({"propertyNames": {"maxLength": 2}}, {"ab": 1}, {"abc": 1}, "data.abc should NOT be longer than 2 characters"),
        (
            {"dependencies": {"a": ["b"]}},
            {"a": 1, "b": 1},
            {"a": 1},
            "data should have property b when property a is present",
        ),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 2, 3, "data should be <= 2"),
        ({"anyOf": [{"type": "string"}, {"minimum": 5}]}, 5, 4, "data should match some schema in anyOf"),
        ({"oneOf": [{"minimum": 1}, {"minimum": 5}]}, 2, 6, "data should match exactly one schema in oneOf"),
        ({"not": {"type": "string"}}, 1, "x", "data should NOT be valid"),
        ({"if": {"minimum": 5}, "then": {"multipleOf": 2}}, 6, 7, "data should be multiple of 2"),
        (
            {"definitions": {"n": {"type": "number"}}, "properties": {"a": {"$ref": "#/definitions/n"}}},
            {"a": 1},
            {"a": "x"},
            "data.a should be number",
        ),
    ],
)
def test_schemas(world: World, schema: Any, good: Any, bad: Any, message: str) -> None:
    """Each keyword accepts and refuses, and says why."""
    found = world.value(
        _AJV,
        f"""const ajv = new Ajv(), schema = {json.dumps(schema)}, validate = ajv.compile(schema);
        return [validate({json.dumps(good)}), validate.errors, ajv.validate(schema, {json.dumps(bad)}), ajv.errorsText()];""",
    )
    assert found == [True, None, False, message]


def test_all_errors_and_schemas_by_name(world: World) -> None:
    """The first error alone, or all; schemas refer to each other by $id, also to themselves."""
    found = world.value(
        _AJV,
        """const schema = { type: 'object', required: ['a', 'b'] };
        const first = new Ajv().compile(schema), all = new Ajv({ allErrors: true }).compile({ ...schema, properties: { c: { type: 'string' } } });
        first({}); all({ c: 1 });
        const tree = { $id: 'http://x/tree', type: 'object', properties: { value: { type: 'number' }, next: { $ref: '#' } } };
        const ajv = new Ajv({ schemas: [tree] });
        return [all.errors.length, ajv.validate({ items: { $ref: 'http://x/tree#' } }, [{ value: 1, next: { value: 'x' } }]), ajv.errorsText()];""",
    )
    assert found == [3, False, "data[0].next.value should be number"]


def test_contracts(world: World) -> None:
    """matchSchema() of chai and toMatchAPISchema() of the older library."""
    found = world.value(
        """import { describe, expect, chai } from 'https://jslib.k6.io/k6chaijs/4.3.4.0/index.js';
        import { initContractPlugin } from 'https://jslib.k6.io/k6chaijs-contracts/4.3.4.0/index.js';
        import { describe as older } from 'https://jslib.k6.io/expect/0.0.5/index.js';
        initContractPlugin(chai);""",
        """const schema = { type: 'object', required: ['id'] };
        return [describe('a', () => { expect({ id: 1 }, 'Croc').to.matchSchema(schema); }), describe('b', () => { expect({}, 'Croc').to.matchSchema(schema); }),
          older('c', (t) => { t.expect({ json: () => ({ id: 1 }) }).as('list').toMatchAPISchema(schema); })];""",
    )
    assert found == [True, False, True]
    assert world.checks[0] == ("expected Croc to match the schema", True)
    assert world.logged == [("warn", "the data does not match its schema: data should have required property 'id'")]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.store.book[*].author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]),
        ("$..author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]),
        ("$.store..price", [8.95, 12.99, 8.99, 22.99, 19.95]),
        ("$..book[2].title", ["Moby Dick"]),
        ("$..book[(@.length-1)].title", ["Rings"]),
        ("$..book[-1:].title", ["Rings"]),
        ("$..book[0,1].title", ["Sayings of the Century", "Sword of Honour"]),
        ("$..book[:2].title", ["Sayings of the Century", "Sword of Honour"]),
        ("$..book[::-2].title", ["Rings", "Sword of Honour"]),
        ("$..book[?(@.isbn)].title", ["Moby Dick", "Rings"]),
        ("$..book[?(@.price<10)].title", ["Sayings of the Century", "Moby Dick"]),
        ("$..book[?(@.category=='fiction' && @.price > 20)]['title']", ["Rings"]),
        ('$.store["bicycle"].color', ["red"]),
        ("$.store.nothing", []),
    ],
)
def test_json_paths(world: World, path: str, expected: list[Any]) -> None:
    """The examples of the paper that defined JSONPath."""
    assert world.value(_PATH, f"return jsonpath.query({json.dumps(_STORE)}, {json.dumps(path)});") == expected


def test_values_and_places_of_json_paths(world: World) -> None:
    """The first value, setting it, paths, and changes in place; a path that cannot be read is an error."""
    found = world.value(
        _PATH,
        """const o = { a: [{ b: 1 }, { b: 2 }] };
        const before = jsonpath.value(o, '$.a[0].b');
        jsonpath.value(o, '$.a[0].b', 5);
        jsonpath.apply(o, '$..b', (n) => n * 2);
        return [before, o.a, jsonpath.paths(o, '$..b')[1], jsonpath.stringify(['$', 'a', 1, 'b c'])];""",
    )
    assert found == [1, [{"b": 10}, {"b": 4}], ["$", "a", 1, "b"], '$.a[1]["b c"]']
    with pytest.raises(JsError, match=r"cannot read \$\.a\[ from"):
        world.value(_PATH, "jsonpath.query({}, '$.a[');")
