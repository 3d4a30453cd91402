"""A shape, and the one device."""

from torch import _ops


class Size:
    """A shape, which is compared, added and shown as torch's is."""

    def __init__(self, dims):
        self._dims = tuple(dims)

    def __iter__(self):
        return iter(self._dims)

    def __len__(self):
        return len(self._dims)

    def __getitem__(self, key):
        found = self._dims[key] if isinstance(key, int) else __step(self._dims, key.start, key.stop, key.step)
        return found if isinstance(key, int) else Size(found)

    def __eq__(self, other):
        return self._dims == tuple(other) if isinstance(other, (Size, tuple)) else False

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self._dims)

    def __add__(self, other):
        return Size(self._dims + tuple(other))

    def __radd__(self, other):
        return Size(tuple(other) + self._dims)

    def __contains__(self, n):
        return n in self._dims

    def __repr__(self):
        return "torch.Size([" + ", ".join([str(n) for n in self._dims]) + "])"

    def numel(self):
        return _ops.product(self._dims)

    def index(self, n):
        return self._dims.index(n)


class Device:
    type = "cpu"
    index = None

    def __repr__(self):
        return "device(type='cpu')"

    def __str__(self):
        return "cpu"

    def __eq__(self, other):
        return str(other) == "cpu"


CPU = Device()
