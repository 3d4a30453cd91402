"""Dictionaries that keep their order; MicroPython's own do not."""

import builtins
from ucollections import OrderedDict

_isinstance, builtins_dict = isinstance, builtins.dict


class dict(OrderedDict):
    """A dictionary that keeps its order, and shows itself as Python does."""

    def __init__(self, given=(), **named):
        super().__init__()
        self.update(given, **named)

    def update(self, given=(), **named):
        if hasattr(given, "keys"):
            given = [(key, given[key]) for key in given.keys()]
        for key, value in given:
            self[key] = value
        for key in named:
            self[key] = named[key]

    def __repr__(self):
        return "{" + ", ".join([repr(k) + ": " + repr(v) for k, v in self.items()]) + "}"

    def __str__(self):
        return self.__repr__()

    def __eq__(self, other):
        if not _isinstance(other, builtins_dict) or len(self) != len(other):
            return False
        for key, value in self.items():
            if key not in other or not other[key] == value:
                return False
        return True

    def __ne__(self, other):
        return not self == other

    def __or__(self, other):
        new = dict(list(self.items()))
        new.update(list(other.items()))
        return new

    def __ror__(self, other):
        new = dict(list(other.items()))
        new.update(list(self.items()))
        return new

    def __ior__(self, other):
        self.update(list(other.items()))
        return self

    def keys(self):
        return Keys(self)

    def copy(self):
        return type(self)(list(self.items()))

    @classmethod
    def fromkeys(cls, keys, value=None):
        return cls([(key, value) for key in keys])


class Keys:
    """The keys of a dictionary, in order, and compared as a set is."""

    def __init__(self, of):
        self._of = of

    def __iter__(self):
        return iter(self._of)

    def __len__(self):
        return len(self._of)

    def __contains__(self, key):
        return key in self._of

    def __repr__(self):
        return "dict_keys(" + repr(list(self)) + ")"

    def __eq__(self, other):
        return set(self) == set(other)

    def __ne__(self, other):
        return not self == other

    def __le__(self, other):
        return set(self) <= set(other)

    def __ge__(self, other):
        return set(self) >= set(other)

    def __lt__(self, other):
        return set(self) < set(other)

    def __gt__(self, other):
        return set(self) > set(other)

    def __and__(self, other):
        return set(self) & set(other)

    def __or__(self, other):
        return set(self) | set(other)

    def __sub__(self, other):
        return set(self) - set(other)

    def __rsub__(self, other):
        return set(other) - set(self)
