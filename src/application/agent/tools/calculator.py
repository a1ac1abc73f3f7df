"""Arithmetic that is right, for models that only guess."""

from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct

from application.agent.tool import Tool, ToolContext
from domain.arithmetic import LONGEST, evaluate
from domain.tools import ToolSpec, parameters_of


class CalculatorArguments(Struct, frozen=True):
    """What to work out."""

    expression: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST,
            description="For example (3 + 4.5) * 2^10 / sqrt(2). Operators + - * / // % ^ and the "
            "functions sqrt, abs, round, floor, ceil, min, max, sum, gcd, lcm, factorial, log, "
            "log10, log2, exp, sin, cos, tan, asin, acos, atan; pi and e.",
        ),
    ]


class Calculator(Tool):
    """Exact where the numbers are rational."""

    spec = ToolSpec(
        "calculator",
        "Work out an arithmetic expression exactly. Use it for every calculation that matters.",
        parameters_of(CalculatorArguments),
        limit_s=10,
    )
    takes = CalculatorArguments

    async def __call__(
        self, arguments: CalculatorArguments, context: ToolContext
    ) -> Mapping[str, Any]:
        """Return the result as digits, and whether it is all of them."""
        value = evaluate(arguments.expression)
        found: dict[str, Any] = {"result": value.written(), "exact": value.ends}
        if value.exact and not value.ends:
            found["fraction"] = str(value.number)
        return found
