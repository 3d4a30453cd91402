"""itertools."""

from written import missing


def count(start=0, step=1):
    while True:
        yield start
        start += step


def cycle(values):
    kept = list(values)
    while kept:
        for value in kept:
            yield value


def repeat(value, times=None):
    while times is None or times > 0:
        yield value
        times = None if times is None else times - 1


class chain:
    def __init__(self, *parts):
        self._flow = self._each(parts)

    @staticmethod
    def _each(parts):
        for part in parts:
            for value in part:
                yield value

    @classmethod
    def from_iterable(cls, parts):
        return cls._each(parts)

    def __iter__(self):
        return self._flow

    def __next__(self):
        return next(self._flow)


def islice(values, *bounds):
    start, stop, step = (0, bounds[0], 1) if len(bounds) == 1 else (list(bounds) + [1])[:3]
    start, step, place = start or 0, step or 1, 0
    if stop is not None and stop <= start:
        return
    for value in values:
        if place >= start and (place - start) % step == 0:
            yield value
        place += 1
        if stop is not None and place >= stop:
            return


def accumulate(values, function=None, initial=None):
    total, first = initial, initial is None
    if not first:
        yield total
    for value in values:
        total = value if first else total + value if function is None else function(total, value)
        first = False
        yield total


def _places(n, size, each):
    """Rising places among n, or with `each` all orders of them."""

    def grown(kept):
        if len(kept) == size:
            yield tuple(kept)
            return
        for i in range(0 if each or not kept else kept[-1] + 1, n):
            if i not in kept:
                for found in grown(kept + [i]):
                    yield found

    return grown([])


def combinations(values, r):
    values = list(values)
    return (tuple([values[i] for i in places]) for places in _places(len(values), r, False))


def permutations(values, r=None):
    values = list(values)
    return (
        tuple([values[i] for i in places])
        for places in _places(len(values), len(values) if r is None else r, True)
    )


def combinations_with_replacement(values, r):
    values = list(values)
    return (
        tuple([values[i] for i in places])
        for places in product(range(len(values)), repeat=r)
        if all([places[i] <= places[i + 1] for i in range(r - 1)])
    )


def product(*parts, repeat=1):
    parts = [list(part) for part in parts] * repeat

    def grown(kept):
        if len(kept) == len(parts):
            yield tuple(kept)
            return
        for value in parts[len(kept)]:
            for found in grown(kept + [value]):
                yield found

    return grown([])


def pairwise(values):
    first, before = True, None
    for value in values:
        if not first:
            yield before, value
        first, before = False, value


def zip_longest(*parts, fillvalue=None):
    rows = [list(part) for part in parts]
    for i in range(max([len(row) for row in rows] + [0])):
        yield tuple([row[i] if i < len(row) else fillvalue for row in rows])


def takewhile(test, values):
    for value in values:
        if not test(value):
            return
        yield value


def dropwhile(test, values):
    dropping = True
    for value in values:
        dropping = dropping and test(value)
        if not dropping:
            yield value


def filterfalse(test, values):
    return (value for value in values if not (test(value) if test else value))


def starmap(function, rows):
    return (function(*row) for row in rows)


def compress(values, chosen):
    return (value for value, kept in zip(values, chosen) if kept)


def groupby(values, key=None):
    group, of = [], None
    for value in values:
        own = value if key is None else key(value)
        if group and own != of:
            yield of, iter(group)
            group = []
        of = own
        group.append(value)
    if group:
        yield of, iter(group)


def tee(values, n=2):
    kept = list(values)
    return tuple([iter(kept) for _ in range(n)])


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("itertools." + name)
