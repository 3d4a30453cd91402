"""Kinds of containers, by what they can do."""

from ordered import builtins_dict as Mapping

MutableMapping = Mapping


class _Kind:
    def __init__(self, holds):
        self._holds = holds

    def __getitem__(self, _):
        return self


Iterator = _Kind(lambda value: hasattr(value, "__next__"))
Generator = Iterator
_CONTAINERS = (list, tuple, str, set, frozenset, bytes, range, Mapping)
Iterable = _Kind(
    lambda value: isinstance(value, _CONTAINERS) or hasattr(value, "__iter__") or hasattr(value, "__next__")
)
Callable = _Kind(callable)
Sequence = _Kind(lambda value: isinstance(value, (list, tuple, str, range)))
Set = _Kind(lambda value: isinstance(value, (set, frozenset)))
Sized = Collection = Container = _Kind(
    lambda value: isinstance(value, _CONTAINERS) or hasattr(value, "__len__")
)
Hashable = _Kind(lambda value: not isinstance(value, (list, set, Mapping)))
