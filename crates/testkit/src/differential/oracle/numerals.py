"""Numbers in cells: their exact values, and their texts."""

import math
import re
from decimal import Decimal
from fractions import Fraction

NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?", re.ASCII)
BLANKS = " \t\n\f\r"


class Format:
    """Separators of numbers."""

    def __init__(self, params):
        self.decimal, self.thousands = params.get("decimal", "."), params.get("thousands")

    def plain(self, cell):
        """Returns the number with a decimal point and without separators; None if they are misplaced."""
        cell = cell.strip(BLANKS)
        if self.decimal == "." and self.thousands is None:
            return cell
        end = re.search("[eE]|$", cell).start()
        mantissa, exponent = cell[:end], cell[end:]
        sign = mantissa[:1] if mantissa[:1] in ("+", "-") else ""
        whole, point, fraction = mantissa[len(sign):].partition(self.decimal)
        if self.thousands is not None:
            space = "[ \xa0\u2009\u202f]"
            separator = space if self.thousands == "space" else re.escape(self.thousands)
            if re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:{separator}[0-9]{{3}})+", whole, re.ASCII):
                whole = re.sub(separator, "", whole)
        if not re.fullmatch("[0-9]*", whole) or not re.fullmatch("[0-9]*", fraction):
            return None
        return sign + whole + ("." if point else "") + fraction + exponent


def parts(text):
    """Returns sign, digits and power of ten of a number without separators; None if it is not a number."""
    match = NUMBER.fullmatch(text)
    if not match or not (match[2] or match[3]):
        return None
    fraction = match[3] or ""
    return match[1] == "-", match[2] + fraction, int(match[4] or 0) - len(fraction)


class Number:
    """Number of a cell: exact if it fits 128 bits and 38 decimal places, otherwise the nearest float."""

    def __init__(self, value, places):
        self.value, self.places = value, places

    @staticmethod
    def read(cell, form):
        """Returns the number in a cell, or None."""
        text = form.plain(cell)
        found = parts(text) if text is not None else None
        if found is None:
            return None
        negative, digits, power = found
        for text_digits, text_power in [(digits, power), trimmed(digits, power)]:
            places = max(0, -text_power)
            coefficient = int(text_digits or 0) * 10 ** max(0, min(text_power, 100))
            coefficient = -coefficient if negative else coefficient
            fits = places <= 38 and -(2**127) <= coefficient < 2**127 and (text_power <= 100 or coefficient == 0)
            if fits:
                return Number(Fraction(coefficient, 10**places), places)
        value = float(text)
        return Number(value + 0.0, None) if math.isfinite(value) else None

    def order(self):
        """Key that orders by size, then by decimal places. A float follows the decimal that it equals."""
        return Fraction(self.value), 1000 if self.places is None else self.places

    def text(self):
        return float_text(self.value) if self.places is None else decimal_text(self.value, self.places)


def trimmed(digits, power):
    """Removes zeros at the end."""
    kept = digits.rstrip("0")
    return kept, power + len(digits) - len(kept) if kept.strip("0") else 0


def decimal_text(value, places):
    coefficient = value * 10**places
    assert coefficient.denominator == 1
    digits = str(abs(coefficient.numerator)).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def float_text(value):
    """Returns the shortest text that reads back as the float, with an exponent outside of 1e-5 to 1e16."""
    if value == 0:
        return "0.0"
    sign = "-" if value < 0 else ""
    _, digits, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, digits))
    point = len(digits) + exponent
    if 0 < point <= 16:
        digits = digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:] or '0'}"
    if -5 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
    return f"{sign}{mantissa}e{point - 1:+}"


def nearest(value):
    """Returns the float nearest to a fraction, or None beyond the range of floats."""
    try:
        return value.numerator / value.denominator + 0.0
    except OverflowError:
        return None


def total(numbers):
    """Returns the text of the sum."""
    exact = sum((Fraction(number.value) for number in numbers), Fraction(0))
    if all(number.places is not None for number in numbers):
        return decimal_text(exact, max((number.places for number in numbers), default=0))
    rounded = nearest(exact)
    if rounded is not None:
        return float_text(rounded)
    size = math.floor(abs(exact) + Fraction(1, 2))
    return str(-size if exact < 0 else size)


def mean(numbers):
    value = nearest(sum((Fraction(number.value) for number in numbers), Fraction(0)) / len(numbers))
    return None if value is None else float_text(value)


def order(cell, form):
    """Key that orders texts by numbers of any size; other texts come first and are equal."""
    text = form.plain(cell)
    if text is None or parts(text) is None:
        return 0, Decimal(0)
    return 1, Decimal(text)
