"""How single values of made-up data come about.

Rules: each takes the source of chance and faker's arguments, of which it heeds those that people use.
"""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final, TypeAlias, cast
from uuid import UUID

from swell.dialects.artillery.flow.fake_words import WORDS
from swell.dialects.artillery.flow.values import js_text, number_of

__all__ = [
    "Make",
    "address",
    "alphanumeric",
    "array",
    "boolean",
    "bothify",
    "card",
    "color",
    "company",
    "decimal",
    "digits",
    "digits_of",
    "file_name",
    "full_name",
    "hexadecimal",
    "host_name",
    "image",
    "index",
    "ipv4",
    "ipv6",
    "joined",
    "latitude",
    "letters",
    "longitude",
    "mac",
    "mail",
    "numerify",
    "paragraph",
    "paragraphs",
    "password",
    "phone",
    "pick",
    "plain",
    "price",
    "repeated",
    "safe_mail",
    "sentence",
    "sentences",
    "slug",
    "slugify",
    "state",
    "text_of",
    "url",
    "user_name",
    "uuid_text",
    "version",
    "whole",
    "word",
    "words",
    "zip_code",
]

Make: TypeAlias = "Callable[[Random, Sequence[Any]], Any]"


def pick(random: Random, name: str) -> str:
    """One of a list of words."""
    return random.choice(WORDS[name])


def word(name: str) -> Make:
    """A function that gives words of one list."""
    return lambda random, _: random.choice(WORDS[name])


def _given(options: Any, key: str, default: Any = None) -> Any:
    return cast("Mapping[str, Any]", options).get(key, default) if isinstance(options, Mapping) else default


def _bounds(low: Any, high: Any, standard: tuple[float, float]) -> tuple[float, float]:
    """Min and max from options, from one number (the maximum), or from two."""
    if isinstance(low, Mapping):
        least, most = number_of(_given(low, "min")), number_of(_given(low, "max"))
    elif high is not None:
        least, most = number_of(low), number_of(high)
    else:
        least, most = None, number_of(low)
    least = standard[0] if least is None else least
    most = max(standard[1], least) if most is None else most
    return min(least, most), max(least, most)


def _count(value: Any, default: int) -> int:
    low, high = _given(value, "min"), _given(value, "max")
    if low is not None and high is not None:
        return (int(low) + int(high)) // 2
    number = number_of(_given(value, "length", _given(value, "count", None if isinstance(value, Mapping) else value)))
    return default if number is None else max(0, min(int(number), 100_000))


def whole(random: Random, low: Any = None, high: Any = None) -> int:
    """A whole number."""
    least, most = _bounds(low, high, (0, 99999))
    step = number_of(_given(low, "multipleOf")) or 1
    value = random.randint(math.ceil(least), max(math.ceil(least), math.floor(most)))
    return int(value // step * step) if step > 1 else value


def decimal(random: Random, low: Any = None, high: Any = None) -> float:
    """A number with two decimals, or so many."""
    least, most = _bounds(low, high, (0, 1 if isinstance(low, Mapping) or low is None else 99999))
    digits = number_of(_given(low, "fractionDigits"))
    if digits is None:
        precision = number_of(_given(low, "precision", _given(low, "multipleOf")))
        digits = max(0, round(-math.log10(precision))) if precision else 2
    return round(random.uniform(least, most), int(digits))


def digits(random: Random, size: Any = None) -> str:
    """Some digits."""
    return "".join(random.choices(string.digits, k=_count(size, 1)))


def letters(alphabet: str) -> Make:
    """Letters of an alphabet."""

    def make(random: Random, given: Sequence[Any]) -> str:
        size = given[0] if given else None
        chosen = alphabet
        casing = _given(size, "casing")
        if casing == "upper":
            chosen = "".join(dict.fromkeys(alphabet.upper()))
        elif casing == "lower":
            chosen = "".join(dict.fromkeys(alphabet.lower()))
        return "".join(random.choices(chosen, k=_count(size, 1)))

    return make


def hexadecimal(random: Random, size: Any = None) -> str:
    """A hexadecimal."""
    prefix = _given(size, "prefix", "0x")
    return str(prefix) + "".join(random.choices("0123456789abcdef", k=_count(size, 1)))


def uuid_text(random: Random, *_: Any) -> str:
    """A UUID."""
    return str(UUID(int=random.getrandbits(128), version=4))


def full_name(random: Random, *_: Any) -> str:
    """A full name."""
    return f"{pick(random, 'first')} {pick(random, 'last')}"


def user_name(random: Random, first: Any = None, last: Any = None) -> str:
    """An user name."""
    given = _given(first, "firstName", first if isinstance(first, str) else None) or pick(random, "first")
    family = _given(first, "lastName", last if isinstance(last, str) else None) or pick(random, "last")
    mark = random.choice(("", ".", "_"))
    return f"{given}{mark}{family}{random.randint(1, 9999)}"


def mail(random: Random, first: Any = None, last: Any = None, provider: Any = None) -> str:
    """An address of e-mail."""
    host = _given(first, "provider", provider) or pick(random, "mail")
    return f"{user_name(random, first, last)}@{host}".lower()


def safe_mail(random: Random, first: Any = None, last: Any = None) -> str:
    """An address at example.com and its like."""
    return mail(random, first, last, f"example.{random.choice(('com', 'org', 'net'))}")


def host_name(random: Random, *_: Any) -> str:
    """A host name."""
    return f"{pick(random, 'adjective')}-{pick(random, 'noun')}.{pick(random, 'domain_end')}"


def url(random: Random, *_: Any) -> str:
    """A URL."""
    return f"https://{host_name(random)}"


def password(random: Random, size: Any = None, *_: Any) -> str:
    """A password."""
    return "".join(random.choices(string.ascii_letters + string.digits + "_", k=_count(size, 15)))


def ipv4(random: Random, *_: Any) -> str:
    """An address of IPv4."""
    return ".".join(str(random.randint(1, 254)) for _ in range(4))


def ipv6(random: Random, *_: Any) -> str:
    """An address of IPv6."""
    return ":".join(f"{random.getrandbits(16):04x}" for _ in range(8))


def mac(random: Random, *_: Any) -> str:
    """A mac."""
    return ":".join(f"{random.getrandbits(8):02x}" for _ in range(6))


def phone(random: Random, form: Any = None, *_: Any) -> str:
    """A phone."""
    if isinstance(form, str) and "#" in form:
        return numerify(random, form)
    return numerify(random, "+1-###-###-####") if form == "international" else numerify(random, "###-###-####")


def numerify(random: Random, text: Any = "###", *_: Any) -> str:
    """A text with its # filled."""
    return "".join(random.choice(string.digits) if letter == "#" else letter for letter in str(text))


def bothify(random: Random, text: Any = "## ??", *_: Any) -> str:
    """A text with its # and ? filled."""
    upper = string.ascii_uppercase
    return "".join(random.choice(upper) if each == "?" else each for each in numerify(random, text))


def words(random: Random, count: Any = None) -> str:
    """Some words."""
    return " ".join(random.choice(WORDS["lorem"]) for _ in range(_count(count, 3)))


def sentence(random: Random, count: Any = None, *_: Any) -> str:
    """A sentence."""
    return words(random, _count(count, random.randint(4, 10))).capitalize() + "."


def sentences(random: Random, count: Any = None, mark: Any = " ") -> str:
    """Some sentences."""
    return str(mark).join(sentence(random) for _ in range(_count(count, 3)))


def paragraph(random: Random, count: Any = None) -> str:
    """A paragraph."""
    return sentences(random, _count(count, 3))


def paragraphs(random: Random, count: Any = None, mark: Any = "\n") -> str:
    """Some paragraphs."""
    return str(mark).join(paragraph(random) for _ in range(_count(count, 3)))


def price(random: Random, low: Any = None, high: Any = None, *_: Any) -> str:
    """A price."""
    least, most = _bounds(low, high, (1, 1000))
    return f"{random.uniform(least, most):.2f}"


def joined(*parts: str, mark: str = " ") -> Make:
    """Words of several lists, one of each."""
    return lambda random, _: mark.join(random.choice(WORDS[part]) for part in parts)


def address(random: Random, *_: Any) -> str:
    """Some address."""
    return f"{random.randint(1, 9999)} {pick(random, 'street')} {pick(random, 'street_end')}"


def latitude(random: Random, *_: Any) -> float:
    """A latitude."""
    return round(random.uniform(-90, 90), 4)


def longitude(random: Random, *_: Any) -> float:
    """A longitude."""
    return round(random.uniform(-180, 180), 4)


def card(random: Random, *_: Any) -> str:
    """A card number with its check digit."""
    digits = [4, *(random.randrange(10) for _ in range(14))]
    doubled = [sum(divmod(d * 2, 10)) if i % 2 == 0 else d for i, d in enumerate(digits)]
    return "".join(map(str, digits)) + str(-sum(doubled) % 10)


def image(random: Random, *size: Any) -> str:
    """An image."""
    wide, high = (
        _count(_given(size[0], "width") if size else None, 640),
        _count(size[1] if len(size) > 1 else None, 480),
    )
    return f"https://picsum.photos/seed/{random.randint(1, 99999)}/{wide}/{high}"


def boolean(random: Random, *_: Any) -> bool:
    """True or false."""
    return random.random() < 0.5


def index(random: Random, length: Any = 1) -> int:
    """A number below `length`."""
    return random.randrange(max(1, int(length)))


def color(random: Random, *_: Any) -> str:
    """A color."""
    return f"#{random.getrandbits(24):06x}"


def version(random: Random, *_: Any) -> str:
    """A version."""
    return ".".join(str(random.randint(0, 9)) for _ in range(3))


def file_name(random: Random, *_: Any) -> str:
    """A file name."""
    return f"{pick(random, 'noun')}_{pick(random, 'verb')}.{pick(random, 'file_end')}"


def repeated(make: Make, mark: str, count: int) -> Make:
    """Several values as one text."""
    return lambda random, given: mark.join(
        js_text(make(random, ())) for _ in range(_count(given[0] if given else None, count))
    )


alphanumeric: Final = letters(string.ascii_letters + string.digits)


def company(random: Random, *_: Any) -> str:
    """A company."""
    return f"{pick(random, 'last')} {pick(random, 'company_end')}"


def slug(random: Random, *_: Any) -> str:
    """A slug."""
    return "-".join(random.choices(WORDS["lorem"], k=3))


def state(random: Random, options: Any = None, *_: Any) -> str:
    """A state."""
    return pick(random, "state_code" if _given(options, "abbreviated") else "state")


def zip_code(random: Random, form: Any = None, *_: Any) -> str:
    """A zip code."""
    return numerify(random, form if isinstance(form, str) else "#####")


def text_of(size: int) -> Make:
    """Letters and digits, so many if nothing is said."""
    return lambda random, given: alphanumeric(random, given[:1] if given and given[0] is not None else (size,))


def digits_of(size: int) -> Make:
    """Digits, so many if nothing is said."""
    return lambda random, given: digits(random, given[0] if given and given[0] is not None else size)


def array(random: Random, size: Any = None, *_: Any) -> list[Any]:
    """An array."""
    return [alphanumeric(random, (8,)) for _ in range(_count(size, 10))]


def slugify(_: Random, text: Any = "", *__: Any) -> str:
    """The words of a text with dashes."""
    return "-".join(str(text).lower().split())


def plain(function: Callable[..., Any]) -> Make:
    """A function that takes its arguments one by one."""
    return lambda random, given: function(random, *given)
