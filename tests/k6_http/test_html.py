"""k6/html: selections, elements, forms and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from swell.dialects.javascript import JsError

if TYPE_CHECKING:
    from .conftest import World

PAGE = (
    "<html><head><title>T</title></head><body><ul id='l'><li class='a x' data-item-id='5' data-on='true'>one</li>"
    "<li class='b'>two <b>bold</b></li><li class='a'>three</li></ul><p>end</p><!--note--></body></html>"
)
HEAD = f'const doc = parseHTML("{PAGE}"), li = doc.find("li"); '

VALUES: dict[str, tuple[str, Any]] = {
    "find and text": (
        "return [doc.find('title').text(), li.text(), doc.find('nothing').text()]",
        ["T", "onetwo boldthree", ""],
    ),
    "find inside only": ("return [doc.find('ul').find('ul').size(), li.find('b').text()]", [0, "bold"]),
    "html": (
        "return [li.eq(1).html(), doc.find('none').html() === undefined, doc.html().startsWith('<html>')]",
        ["two <b>bold</b>", True, True],
    ),
    "attr": ("return [li.attr('class'), li.attr('id') === undefined, li.attr('id', 'x')]", ["a x", True, "x"]),
    "each": ("const r = []; li.each((i, e) => r.push(i + e.nodeName())); return r", ["0li", "1li", "2li"]),
    "map": ("return li.map((i, s) => s.text() + i)", ["one0", "two bold1", "three2"]),
    "filter": (
        "return [li.filter('.a').size(), li.filter((i, s) => s.text() === 'three').text(), li.filter(li.eq(1)).text()]",
        [2, "three", "two bold"],
    ),
    "not, is, has": (
        "return [li.not('.a').text(), li.is('.b'), li.is('p'), li.has('b').text()]",
        ["two bold", True, False, "two bold"],
    ),
    "first, last, eq, slice": (
        "return [li.first().text(), li.last().text(), li.eq(-2).text(), li.slice(1).size(), li.eq(9).size()]",
        ["one", "three", "two bold", 2, 0],
    ),
    "size, get, toArray": (
        "return [li.size(), li.length, li.get(0).textContent(), li.toArray()[2].text(), li.get().length]",
        [3, 3, "one", "three", 3],
    ),
    "walks": (
        (
            "const n = (s) => s.map((i, e) => e.get(0).nodeName()).join(); return "
            "[n(li.first().parents()), n(li.parent()),"
            " n(li.closest('body')), n(doc.find('body').children()), n(li.eq(0).siblings('.a'))]"
        ),
        ["ul,body,html", "ul", "body", "ul,p", "li"],
    ),
    "next and prev": (
        (
            "return [li.first().next().text(), li.last().prev().text(), li.first().nextAll().size(), "
            "li.last().prevAll().size(),"
            " li.first().nextUntil('.a:last-child').size(), li.first().next('.a').size()]"
        ),
        ["two bold", "two bold", 2, 2, 1, 0],
    ),
    "parentsUntil": ("return doc.find('b').parentsUntil('body').size()", 2),
    "contents": ("return li.eq(1).contents().map((i, s) => s.get(0).nodeType())", [3, 1]),
    "add, end, index": (
        "return [li.first().add('p').size(), li.first().end().size(), li.eq(2).index(), li.index(li.eq(1))]",
        [2, 3, 2, 1],
    ),
    "data": ("return [li.data('item-id'), li.data().on, li.data('itemId')]", [5, True, 5]),
    "contains selector": ("return doc.find('li:contains(\"two\")').size()", 1),
    "element": (
        (
            "const e = li.get(0); return [e.id() === undefined, e.className(), e.classList(), "
            "e.getAttribute('class'), e.hasAttribute('x'),"
            " e.nextElementSibling().textContent(), e.parentElement().id(), e.innerHTML(), "
            "e.toString(), e.matches('.a')]"
        ),
        [
            True,
            "a x",
            ["a", "x"],
            "a x",
            False,
            "two bold",
            "l",
            "one",
            '<li class="a x" data-item-id="5" data-on="true">one</li>',
            True,
        ],
    ),
    "element queries": (
        (
            "const e = doc.find('ul').get(0); return [e.querySelector('b').innerHTML(), "
            "e.querySelectorAll('li').length,"
            " e.getElementsByClassName('a').length, e.childElementCount(), e.contains(li.get(0)), "
            "e.firstChild().nodeName()]"
        ),
        ["bold", 3, 2, 3, True, "li"],
    ),
    "any text": ("return parseHTML('just text').text()", "just text"),
    "empty": ("return parseHTML('').find('p').size()", 0),
}


@pytest.mark.parametrize("name", VALUES)
def test_selections(world: World, name: str) -> None:
    """What selections and elements give."""
    body, expected = VALUES[name]
    assert world.value(HEAD + body) == expected


RESPONSES: dict[str, tuple[str, Any]] = {
    "html": ("return [page.html('title').text(), page.html().find('form').size()]", ["Shop", 2]),
    "serialize": (
        "const f = page.html('#login'); return [f.serialize(), f.serializeObject(), f.serializeArray()[0]]",
        [
            "token=t1&user=ann&keep=yes&size=m&note=hi",
            {"token": "t1", "user": "ann", "keep": "yes", "size": "m", "note": "hi"},
            {"name": "token", "value": "t1"},
        ],
    ),
    "val": (
        "const h = page.html(); return [h.find('select').val(), h.find('textarea').val(), h.find('[name=user]').val()]",
        ["m", "hi", "ann"],
    ),
    "submitForm": (
        (
            "const r = page.submitForm({formSelector: '#login', fields: {user: 'bob'}}).json(); return "
            "[r.method, r.path, r.body]"
        ),
        ["POST", "/echo", "go=Log+in&keep=yes&note=hi&size=m&token=t1&user=bob"],
    ),
    "submitForm by GET": ("return page.submitForm({formSelector: '#search'}).json().path", "/echo?q=a+b"),
    "clickLink": ("return page.clickLink().json().path", "/echo?from=link"),
    "clickLink by selector": (
        "return page.clickLink({selector: 'a:last-of-type', params: {headers: {A: '1'}}}).json('age')",
        37,
    ),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_pages(world: World, name: str) -> None:
    """What the pages of responses give, and where their forms and links lead."""
    body, expected = RESPONSES[name]
    assert world.value("const page = http.get(base + '/html'); " + body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "doc.find('p[')",
        "doc.find(5)",
        "http.get(base + '/html').clickLink({selector: 'i'})",
        "http.get(base + '/html').submitForm({formSelector: 'i'})",
    ],
)
def test_errors(world: World, body: str) -> None:
    """Bad selectors and missing elements throw."""
    with pytest.raises(JsError):
        world.value(HEAD + body)
