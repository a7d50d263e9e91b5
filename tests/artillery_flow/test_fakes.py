"""Made-up data in templates and in processors."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.artillery.flow.fake_table import TABLE as _TABLE
from swell.dialects.artillery.flow.fakes import fake, set_fake_options

if TYPE_CHECKING:
    from .conftest import World


@pytest.mark.parametrize("module", sorted(_TABLE))
def test_every_function_gives_something(module: str) -> None:
    """Each function works without arguments and with options it does not know."""
    for method in _TABLE[module]:
        for arguments in ([], [{"unknown": 1}], [None, None, None, None, None]):
            value: Any = fake(Random(3), module, method, arguments)
            assert value is not None
            assert value is not NotImplemented


def test_options_are_heeded() -> None:
    """Bounds, lengths and parts of names are those asked for."""
    random = Random(1)
    assert 5 <= fake(random, "number", "int", [{"min": 5, "max": 6}]) <= 6
    assert 0 <= fake(random, "datatype", "number", [3]) <= 3
    assert len(fake(random, "string", "alphanumeric", [12])) == 12
    assert len(fake(random, "internet", "password", [{"length": 20}])) == 20
    assert "ann" in fake(random, "internet", "email", [{"firstName": "Ann"}])
    assert re.fullmatch(r"\d{3}-XY", fake(random, "helpers", "numerify", ["###-XY"]))
    assert fake(random, "nothing", "here", []) is NotImplemented


def test_templates_and_processors_share_it(world: World) -> None:
    """`$internetEmail()` and `$randEmail()` work in templates, faker in processors."""
    world.run(
        {"function": "f"},
        {
            "post": {
                "url": "/echo",
                "json": {"a": "{{ $internetEmail() }}", "b": "{{ $randEmail() }}", "c": "{{ $numberInt }}"},
            }
        },
        config={"plugins": {"fake-data": {"numberInt": {"min": 4, "max": 4}}}},
        processor="""
            const { faker } = require('@faker-js/faker'), old = require('faker');
            exports.f = (context, ee, done) => {
              context.vars.a = faker.internet.email();
              context.vars.b = old.name.findName().split(' ').length;
              context.vars.c = faker.helpers.arrayElement([5]);
              context.vars.d = faker.date.future() > new Date();
              context.vars.e = faker.number.int({ min: 2, max: 2 });
              context.vars.f = faker.helpers.arrayElements([1, 2, 3], 2).length;
              context.vars.g = faker.date.between({ from: '2020-01-01', to: '2020-01-02' }).getUTCFullYear();
              done();
            };
        """,
    )
    set_fake_options({})
    assert world.failures == [None]
    assert "@" in world.variables["a"]
    assert [world.variables[name] for name in "bcdefg"] == [2, 5, True, 2, 2, 2020]
    body = world.seen[0]["body"]
    assert body.count("@") == 2
    assert '"c":4' in body
