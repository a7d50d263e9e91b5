"""`ifTrue`: a function of the processor, or an expression over the VU's variables.

Rules: an expression that cannot be read, or fails while it runs, lets the request be sent, as in Artillery; the first
is told once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from swell.dialects.artillery.flow.expressions import ExpressionError, compile_expression
from swell.dialects.artillery.flow.templates import compile_template, holds
from swell.dialects.artillery.flow.values import truthy

if TYPE_CHECKING:
    from swell.dialects.artillery.flow.test import FlowTest
    from swell.dialects.artillery.flow.vuser import Vuser

__all__ = ["compile_condition"]


def compile_condition(test: FlowTest, text: Any) -> Callable[[Vuser], bool] | None:
    """Whether a step is to be done; None if it always is."""
    if text is None:
        return None
    if isinstance(text, bool):
        return lambda _: text
    source = str(text).strip()
    processor = test.processor
    if processor is not None and processor.has(source):
        found = processor
        return lambda vu: found.test(vu, source)
    if source.startswith("{{") and source.endswith("}}"):
        template = compile_template(source)
        return lambda vu: truthy(template(vu))
    try:
        expression = compile_expression(source)
    except ExpressionError as error:
        message = f"ifTrue: {error}; the request is sent"

        def told(vu: Vuser) -> bool:
            vu.warn_once(message)
            return True

        return told

    def condition(vu: Vuser) -> bool:
        try:
            return holds(expression, vu)
        except (ValueError, TypeError, ArithmeticError):
            return True

    return condition
