"""Operators that write into the tensor on their left."""


class InPlace:
    def _in_place(self, value):
        return value if value is NotImplemented else self._become(value)

    def __iadd__(self, other):
        return self._in_place(self + other)

    def __isub__(self, other):
        return self._in_place(self - other)

    def __imul__(self, other):
        return self._in_place(self * other)

    def __itruediv__(self, other):
        return self._in_place(self / other)

    def __ifloordiv__(self, other):
        return self._in_place(self // other)

    def __imod__(self, other):
        return self._in_place(self % other)

    def __ipow__(self, other):
        return self._in_place(self**other)

    def __iand__(self, other):
        return self._in_place(self & other)

    def __ior__(self, other):
        return self._in_place(self | other)
