"""Made-up data: the functions of faker by module and name, for templates and for processors.

Rules: names and options are those of faker 5 to 10 where people use them; one table serves `$internetEmail()`, the old
`$randEmail()` and `faker.internet.email()`. Values come from short word lists (`fake_words`): they look right and
differ, no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from swell.dialects.artillery.flow.fake_makers import Make
from swell.dialects.artillery.flow.fake_table import TABLE

__all__ = ["fake", "fake_function", "set_fake_options"]

_options: dict[str, Any] = {}
# Names of the plugin before it used faker, and those people assume.
_OLD: Final = {
    "$randFullName": "person.fullName",
    "$randFirstName": "person.firstName",
    "$randLastName": "person.lastName",
    "$randEmail": "internet.email",
    "$randUserName": "internet.username",
    "$randPassword": "internet.password",
    "$randUrl": "internet.url",
    "$randIp": "internet.ip",
    "$randUuid": "string.uuid",
    "$randNumber": "number.int",
    "$randFloat": "number.float",
    "$randBoolean": "datatype.boolean",
    "$randCity": "location.city",
    "$randCountry": "location.country",
    "$randStreetAddress": "location.streetAddress",
    "$randStreetName": "location.street",
    "$randZipCode": "location.zipCode",
    "$randState": "location.state",
    "$randPhoneNumber": "phone.number",
    "$randCompanyName": "company.name",
    "$randProductName": "commerce.productName",
    "$randWord": "lorem.word",
    "$randSentence": "lorem.sentence",
    "$randParagraph": "lorem.paragraph",
    "$randJobTitle": "person.jobTitle",
    "$randColor": "color.human",
    "$randCatchPhrase": "company.catchPhrase",
    "$randomEmail": "internet.email",
    "$randomFirstName": "person.firstName",
    "$randomLastName": "person.lastName",
    "$randomFullName": "person.fullName",
    "$randomName": "person.fullName",
    "$randomUserName": "internet.username",
    "$randomUsername": "internet.username",
    "$randomPassword": "internet.password",
    "$randomPhoneNumber": "phone.number",
    "$randomCity": "location.city",
    "$randomCountry": "location.country",
    "$randomStreetAddress": "location.streetAddress",
    "$randomWord": "lorem.word",
    "$randomWords": "lorem.words",
    "$randomIP": "internet.ip",
    "$randomCompanyName": "company.name",
    "$randomProductName": "commerce.productName",
    "$randomPrice": "commerce.price",
    "$randomColor": "color.human",
    "$randomUrl": "internet.url",
}


def fake(random: Random, module: str, method: str, arguments: list[Any]) -> Any:
    """One value of `faker.<module>.<method>(...arguments)`; NotImplemented for a function that is not there."""
    make = TABLE.get(module, {}).get(method)
    if make is None:
        return NotImplemented
    try:
        return make(random, arguments)
    except TypeError:  # more arguments than ours takes
        return make(random, ())


def fake_function(name: str) -> Make | None:
    """The template function of a name such as `$internetEmail` or `$randEmail`; None if there is none."""
    path = _OLD.get(name) or _paths().get(name)
    if path is None:
        return None
    module, method = path.split(".")

    def call(random: Random, given: Sequence[Any]) -> Any:
        options = _options.get(name[1:])
        return fake(random, module, method, list(given) or ([] if options is None else [options]))

    return call


def set_fake_options(options: Mapping[str, Any]) -> None:
    """The plugin's options: for each function by its name in templates, without the dollar."""
    _options.clear()
    _options.update(options)


_known: dict[str, str] = {}


def _paths() -> dict[str, str]:
    if not _known:
        for module, methods in TABLE.items():
            for method in methods:
                _known[f"${module}{method[0].upper()}{method[1:]}"] = f"{module}.{method}"
    return _known
