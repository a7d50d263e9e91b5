"""A request step: conditions, hooks, the request, captures, checks.

Rules: the order is Artillery's: ifTrue and probability, beforeRequest hooks (which see the script unrendered), the
request, captures, expectations, afterResponse hooks; only then does a failed capture fail the VU. A step without hooks
pays for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from swell.dialects.artillery.flow.answers import Answer
from swell.dialects.artillery.flow.captures import FAILED_CAPTURE, compile_captures
from swell.dialects.artillery.flow.conditions import compile_condition
from swell.dialects.artillery.flow.expectations import compile_expectations
from swell.dialects.artillery.flow.failures import VuserFailed
from swell.dialects.artillery.flow.http_exchange import exchange, waited
from swell.dialects.artillery.flow.http_shape import Order, Shape
from swell.dialects.artillery.flow.request_params import RequestParams
from swell.dialects.artillery.flow.templates import Template, compile_template, render_text
from swell.dialects.artillery.flow.values import js_text, json_text, milliseconds, number_of, read_json
from swell.http.urls import split_url

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.processor import Processor
    from swell.dialects.artillery.flow.steps import Hooks
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser
    from swell.http.response import Response

__all__ = ["HttpStep", "names_of"]


def names_of(value: Any) -> list[Any]:
    """A hook's name or names as a list."""
    if value is None:
        return []
    return list(cast("list[Any]", value)) if isinstance(value, list) else [value]


class HttpStep:
    """One request of a flow. Raises ValueError for a step that makes none."""

    def __init__(self, test: FlowTest, method: str, spec: Mapping[str, Any], hooks: Hooks) -> None:
        self._test = test
        self._method = method
        self._spec = spec
        self._shape = Shape(test.defaults, method, spec)
        name = spec.get("name")
        self.name = str(name) if name is not None else ""
        self._shown = self.name or self._shape.raw_url
        self._follow = spec.get("followRedirect") is not False
        self._before_all = [compile_template(each) for each in hooks.before_request]
        self._before_this = [compile_template(each) for each in names_of(spec.get("beforeRequest"))]
        self._before = [*self._before_all, *self._before_this]
        self._after = [compile_template(each) for each in [*hooks.after_response, *names_of(spec.get("afterResponse"))]]
        self._on_error = hooks.on_error
        self._condition = compile_condition(test, spec.get("ifTrue"))
        self._probability = number_of(spec.get("probability"))
        strict = test.strict_capture
        self._captures = compile_captures(spec.get("capture"), spec.get("match"), strict=strict)
        self._expectations = compile_expectations(test, spec.get("expect"), spec.get("name"))
        self._endpoint = test.endpoints.name(self._shape.absolute_url, self.name) if test.endpoints is not None else ""
        self._params_text = "" if test.processor is None else json_text(self._params())
        self._but_headers: dict[str, Any] = read_json(self._params_text or "{}")
        self._but_headers.pop("headers", None)

    def _params(self) -> dict[str, Any]:
        """What hooks see of the request."""
        url = self._shape.raw_url
        spec = {key: value for key, value in self._spec.items() if key != "uri"}
        return {
            **spec,
            "url": self._test.defaults.absolute(url),
            "method": self._method,
            "headers": dict(self._spec.get("headers") or {}),
            "timeout": self._test.defaults.timeout,
        }

    def run(self, vu: Vuser) -> None:
        """Do the step. Raises VuserFailed."""
        if self._condition is not None and not self._condition(vu):
            return
        if self._probability is not None and vu.random.random() * 100 >= self._probability:
            return
        shape, method, follow, timeout = self._shape, self._method, self._follow, None
        endpoint = self._endpoint
        params: RequestParams | None = None
        if self._before or self._after or self._on_error:
            params = RequestParams(self._params_text)
            if self._before:
                endpoint = self._run_before(vu, params, endpoint)
                if params.changed:
                    shape, method, follow, timeout = self._changed(vu, params)
        order = self._order(vu, shape)  # as in Artillery, hooks of errors are for requests that were sent
        try:
            response = exchange(vu, method, self._shown, order, follow=follow, timeout=timeout)
        except VuserFailed as failure:
            self._failed(vu, failure, endpoint, params, order)
            raise
        if endpoint:
            self._count_endpoint(vu, endpoint, response)
        if self._test.apdex is not None:
            self._test.apdex.count(vu, response)
        if self._captures is not None or self._expectations is not None or self._after:
            if params is not None and self._after:
                params.was_sent(order.url, order.headers, order.data if shape.sends_json else None)
            self._look(vu, response, params)

    def _failed(
        self, vu: Vuser, failure: VuserFailed, endpoint: str, params: RequestParams | None, order: Order
    ) -> None:
        """There is no response."""
        if endpoint and self._test.endpoints is not None:
            vu.metrics.counter(f"{self._test.endpoints.prefix}.{endpoint}.errors.{failure.code}")
        if self._test.processor is not None and self._on_error:
            params = params or RequestParams(self._params_text)
            params.was_sent(order.url, order.headers, None)
            for name in self._on_error:
                self._test.processor.on_error(vu, name, failure.code, params)

    def _order(self, vu: Vuser, shape: Shape) -> Order:
        order = shape.order(vu)
        if not order.url.startswith("http"):
            raise vu.failure(f"Invalid URL - {order.url}", f"{order.url!r} is no URL: is a variable missing?")
        if shape.sets_cookies or self._test.defaults.cookies:
            self._set_cookies(vu, shape, order.url)
        return order

    def _set_cookies(self, vu: Vuser, shape: Shape, url: str) -> None:
        try:
            host = split_url(url).host
        except ValueError:
            return  # the request will tell
        jar = vu.session.cookies
        if not vu.default_cookies_set:
            vu.default_cookies_set = True
            for name, value in self._test.defaults.cookies.items():
                jar.set(name, render_text(value, vu), domain=host)
        for name, value in shape.cookies(vu):
            jar.set(name, value, domain=host)

    def _run_before(self, vu: Vuser, params: RequestParams, endpoint: str) -> str:
        """Run the hooks; the endpoint's name, which those of the scenario may change, but not those of the step."""
        if self._before_all:
            for processor, name in self._functions(vu, self._before_all):
                processor.before_request(vu, name, params)
            if params.changed and endpoint:
                endpoint = self._renamed(params.spec, endpoint)
        for processor, name in self._functions(vu, self._before_this):
            processor.before_request(vu, name, params)
        return endpoint

    def _renamed(self, spec: Mapping[str, Any], endpoint: str) -> str:
        """The endpoint's name after hooks of the scenario have changed the request."""
        url, name = js_text(spec.get("url") or ""), js_text(spec.get("name") or "")
        if url in {self._shape.raw_url, self._shape.absolute_url} and name == self.name:
            return endpoint
        url = self._test.defaults.absolute(url)
        return self._test.endpoints.name(url, name) if self._test.endpoints is not None else ""

    def _functions(self, vu: Vuser, templates: Iterable[Template]) -> Iterator[tuple[Processor, str]]:
        """The functions that these hooks name, of those that there are."""
        processor = self._test.processor
        for template in templates:
            name = render_text(template, vu)
            if processor is None or not processor.has(name):
                vu.warn_once(f"WARNING: custom function {name} could not be found")
                continue
            yield processor, name

    def _changed(self, vu: Vuser, params: RequestParams) -> tuple[Shape, str, bool, float | None]:
        """The request as hooks have made it."""
        spec = params.spec
        rest = dict(spec)
        headers = rest.pop("headers", None)
        if rest == self._but_headers:
            return self._shape.with_headers(headers), self._method, self._follow, None
        method = str(spec.get("method") or self._method).upper()
        query = spec.get("searchParams")
        if isinstance(query, Mapping):
            spec = {**spec, "qs": {**cast("dict[str, Any]", spec.get("qs") or {}), **cast("dict[str, Any]", query)}}
        try:
            shape = Shape(self._test.defaults, method, spec)
        except ValueError as error:
            raise vu.failure(str(error)) from None
        given = spec.get("timeout")
        found = milliseconds(given) if given != self._test.defaults.timeout else None
        return shape, method, spec.get("followRedirect") is not False, found / 1000.0 if found else None

    def _count_endpoint(self, vu: Vuser, endpoint: str, response: Response) -> None:
        endpoints = self._test.endpoints
        assert endpoints is not None
        name = endpoint
        if not endpoints.grouped:
            called = render_text(compile_template(self.name), vu) if "{{" in self.name else self.name
            name = endpoints.name(response.url, called)
        if name:
            endpoints.count(vu.metrics, name, response.status_code, waited(response), response)

    def _look(self, vu: Vuser, response: Response, params: RequestParams | None) -> None:
        answer = Answer(response)
        failed: list[str] = []
        if self._captures is not None:
            failed = self._captures.apply(answer, vu)
        unexpected = self._expectations.check(vu, answer) if self._expectations is not None else ""
        if self._after:
            assert params is not None
            for processor, name in self._functions(vu, self._after):
                processor.after_response(vu, name, params, answer)
        if failed:
            vu.log("debug", f"{self._method} {response.url}: {'; '.join(failed)}")
            raise vu.failure(FAILED_CAPTURE, f"{self._method} {response.url}: {'; '.join(failed)}")
        if unexpected:
            raise vu.failure(unexpected)
