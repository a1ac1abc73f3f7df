"""Arithmetic on text: exact where numbers are rational, bounded whatever is asked."""

import ast
import math
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction

from domain.errors import InvalidRequest

LONGEST = 500
"""Characters of an expression."""
_MOST_BITS = 14_000
"""Of a number: about 4200 digits, which is as far as Python writes one out."""
_MOST_FACTORIAL = 1000
_SIGNS = str.maketrans({"\u00d7": "*", "\u00f7": "/", "\u2212": "-"})
_DIGITS = 30
_TINY = Decimal("1e-9")
_CONTEXT = Context(prec=_DIGITS + 20)

_BINARY: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.FloorDiv: lambda left, right: Fraction(left // right),
    ast.Mod: lambda left, right: left % right,
}
_CONSTANTS: Mapping[str, Fraction] = {
    "pi": Fraction("3.14159265358979323846264338327950288419716939937510"),
    "e": Fraction("2.71828182845904523536028747135266249775724709369995"),
}
_EXACT: Mapping[str, Callable[[list[Fraction]], Fraction | int]] = {
    "min": min,
    "max": max,
    "sum": lambda numbers: sum(numbers, Fraction(0)),
    "gcd": lambda numbers: math.gcd(*map(_whole, numbers)),
    "lcm": lambda numbers: math.lcm(*map(_whole, numbers)),
}
"""Of any number of numbers …"""
_EXACT_OF_ONE: Mapping[str, Callable[[Fraction], Fraction | int]] = {
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
}
"""… and of one."""
_INEXACT: Mapping[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "log10": math.log10,
    "log2": math.log2,
}


class Value:
    """A number, and whether it is exactly what was asked for."""

    __slots__ = ("exact", "number")

    def __init__(self, number: Fraction, *, exact: bool = True) -> None:
        self.number = number
        self.exact = exact

    def written(self) -> str:
        """Return its digits, of a number without end the first thirty."""
        if self.number.denominator == 1:
            return str(self.number.numerator)
        digits = Context(prec=_DIGITS)
        above, below = Decimal(self.number.numerator), Decimal(self.number.denominator)
        quotient = digits.divide(above, below).normalize(digits)
        return f"{quotient:f}" if abs(quotient) > _TINY else str(quotient)

    @property
    def ends(self) -> bool:
        """Whether `written` is all of it."""
        return self.exact and Fraction(self.written()) == self.number


def evaluate(expression: str) -> Value:
    """Return what the expression comes to: numbers, `+ - * / // % ** ^ !`, functions, `pi`, `e`.

    Raises:
        InvalidRequest: it is no arithmetic, is not defined, or is too large to be worked out.
    """
    if len(expression) > LONGEST:
        raise InvalidRequest(f"The expression is longer than {LONGEST} characters", "expression")
    plain = expression.strip().translate(_SIGNS).replace("^", "**")
    try:
        return _value(ast.parse(plain, mode="eval").body)
    except ZeroDivisionError as error:
        raise InvalidRequest("Division by zero", "expression") from error
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError) as error:
        why = "it is no arithmetic expression" if isinstance(error, SyntaxError) else "no result"
        raise InvalidRequest(f"Cannot calculate this: {why}", "expression") from error


def _value(node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            # As it is written, not as a binary fraction has it.
            return _bounded(Fraction(str(node.value)), exact=True)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = _value(inner)
            return Value(-found.number, exact=found.exact)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left), _value(right))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            one, other = _value(left), _value(right)
            made = _BINARY[type(op)](one.number, other.number)
            return _bounded(made, exact=one.exact and other.exact)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _called(name, [_value(each) for each in arguments])
        case ast.Name(id=name) if name in _CONSTANTS:
            return Value(_CONSTANTS[name], exact=False)
        case _:
            raise InvalidRequest("Cannot calculate this: only arithmetic is known", "expression")


def _power(base: Value, exponent: Value) -> Value:
    exact = base.exact and exponent.exact
    power = exponent.number
    if power.denominator != 1:
        if base.number < 0:
            raise InvalidRequest("A root of a negative number is not real", "expression")
        root = _CONTEXT.power(_decimal(base.number), _decimal(power))
        return _bounded(Fraction(root), exact=False)
    bits = max(base.number.numerator.bit_length(), base.number.denominator.bit_length())
    if abs(base.number) != 1 and bits * abs(power) > _MOST_BITS:
        raise _too_large()
    return _bounded(Fraction(base.number ** int(power)), exact=exact)


def _called(name: str, arguments: list[Value]) -> Value:
    numbers = [each.number for each in arguments]
    exact = all(each.exact for each in arguments)
    match name, numbers:
        case "sqrt", [number]:
            return _root(number, exact=exact)
        case "round", [number]:
            return Value(Fraction(round(number)), exact=exact)
        case "round", [number, places] if abs(places) <= _DIGITS:
            return _bounded(Fraction(round(number, _whole(places))), exact=exact)
        case "factorial", [number] if 0 <= number <= _MOST_FACTORIAL:
            return _bounded(Fraction(math.factorial(_whole(number))), exact=exact)
        case "log" | "ln", [number]:
            return _bounded(Fraction(_CONTEXT.ln(_decimal(_positive(number)))), exact=False)
        case "exp", [number] if abs(number) <= _MOST_FACTORIAL:
            return _bounded(Fraction(_CONTEXT.exp(_decimal(number))), exact=False)
        case _ if name in _EXACT and numbers:
            return _bounded(Fraction(_EXACT[name](numbers)), exact=exact)
        case _, [number] if name in _EXACT_OF_ONE:
            return Value(Fraction(_EXACT_OF_ONE[name](number)), exact=exact)
        case _, [number] if name in _INEXACT:
            return _bounded(Fraction(repr(_INEXACT[name](float(number)))), exact=False)
        case _:
            raise InvalidRequest(f"Cannot calculate {name[:40]} of these arguments", "expression")


def _root(number: Fraction, *, exact: bool) -> Value:
    if number < 0:
        raise InvalidRequest("A root of a negative number is not real", "expression")
    above, below = math.isqrt(number.numerator), math.isqrt(number.denominator)
    if above * above == number.numerator and below * below == number.denominator:
        return Value(Fraction(above, below), exact=exact)
    return Value(Fraction(_CONTEXT.sqrt(_decimal(number))), exact=False)


def _decimal(number: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))


def _positive(number: Fraction) -> Fraction:
    if number <= 0:
        raise InvalidRequest("A logarithm needs a number above zero", "expression")
    return number


def _whole(number: Fraction) -> int:
    if number.denominator != 1:
        raise InvalidRequest("This function needs whole numbers", "expression")
    return int(number)


def _bounded(number: Fraction, *, exact: bool) -> Value:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > _MOST_BITS:
        raise _too_large()
    return Value(number, exact=exact)


def _too_large() -> InvalidRequest:
    return InvalidRequest("Cannot calculate this: the result is too large", "expression")
