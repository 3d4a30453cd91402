"""collections, with counters and default values on dictionaries that keep their order."""

from ucollections import deque, namedtuple
from written import dict as OrderedDict
from written import missing


class defaultdict(OrderedDict):
    def __init__(self, factory=None, *given, **named):
        super().__init__(*given, **named)
        self._factory = factory

    def __getitem__(self, key):
        if key not in self:
            if self._factory is None:
                raise KeyError(key)
            self[key] = self._factory()
        return self.get(key)

    def __repr__(self):
        return "defaultdict(" + repr(self._factory) + ", " + OrderedDict.__repr__(self) + ")"

    def copy(self):
        return defaultdict(self._factory, list(self.items()))


class Counter(OrderedDict):
    def __init__(self, given=(), **named):
        super().__init__()
        self.update(given)
        for key in named:
            self[key] = named[key]

    def __getitem__(self, key):
        return self.get(key, 0)

    def update(self, given=()):
        if hasattr(given, "items"):
            for key, n in list(given.items()):
                self[key] = self.get(key, 0) + n
        else:
            for key in given:
                self[key] = self.get(key, 0) + 1

    def subtract(self, given=()):
        for key, n in Counter(given).items():
            self[key] = self.get(key, 0) - n

    def most_common(self, n=None):
        ordered = sorted(self.items(), key=lambda pair: -pair[1])
        return ordered if n is None else ordered[:n]

    def elements(self):
        return iter([key for key, n in self.items() for _ in range(n)])

    def total(self):
        return sum(self.values())

    def copy(self):
        return Counter(self)

    def _joined(self, other, chosen):
        made = Counter()
        for key in list(self) + [key for key in other if key not in self]:
            n = chosen(self.get(key, 0), other.get(key, 0))
            if n > 0:
                made[key] = n
        return made

    def __add__(self, other):
        return self._joined(other, lambda a, b: a + b)

    def __sub__(self, other):
        return self._joined(other, lambda a, b: a - b)

    def __and__(self, other):
        return self._joined(other, min)

    def __or__(self, other):
        return self._joined(other, max)

    def __iadd__(self, other):
        return self + other

    def __eq__(self, other):
        return all([self.get(key, 0) == other.get(key, 0) for key in list(self) + list(other)])

    def __repr__(self):
        if not len(self):
            return "Counter()"
        return "Counter({" + ", ".join([repr(k) + ": " + repr(n) for k, n in self.most_common()]) + "})"


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("collections." + name)
