"""Fractions of whole numbers."""

import math


class Fraction:
    def __init__(self, over, under=1):
        over, under = over if isinstance(over, int) else int(over), int(under)
        shared = math.gcd(over, under) * (-1 if under < 0 else 1)
        if under == 0:
            raise ZeroDivisionError("Fraction(" + str(over) + ", 0)")
        self.numerator, self.denominator = over // shared, under // shared

    def _with(self, other, made):
        other = other if isinstance(other, Fraction) else Fraction(other)
        return Fraction(*made(self.numerator, self.denominator, other.numerator, other.denominator))

    def __add__(self, other):
        return self._with(other, lambda a, b, c, d: (a * d + c * b, b * d))

    def __sub__(self, other):
        return self._with(other, lambda a, b, c, d: (a * d - c * b, b * d))

    def __mul__(self, other):
        return self._with(other, lambda a, b, c, d: (a * c, b * d))

    def __truediv__(self, other):
        return self._with(other, lambda a, b, c, d: (a * d, b * c))

    __radd__, __rmul__ = __add__, __mul__

    def item(self):
        return self.numerator / self.denominator

    def __eq__(self, other):
        return self.item() == (other.item() if isinstance(other, Fraction) else other)

    def __lt__(self, other):
        return self.item() < (other.item() if isinstance(other, Fraction) else other)

    def __repr__(self):
        return "Fraction(%d, %d)" % (self.numerator, self.denominator)
