"""Kinds of numbers."""

Integral, Real, Number = int, float, (int, float)
