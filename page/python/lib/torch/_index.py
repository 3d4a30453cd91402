"""`x[...]`, read and written: numbers, slices, None, `...`, masks and lists of places, alone and together."""

import _reader
from torch import _ops


def _is_slice(part):
    return type(part).__name__ == "slice"


def _bound(value):
    return None if value is None else int(value)


def _key(key, new):
    """The parts of a key: numbers, slices, None and tensors of places; masks become places."""
    parts = list(key) if isinstance(key, tuple) else [key]
    found = []
    for part in parts:
        if isinstance(part, (list, range)) or (isinstance(part, tuple)):
            part = new(list(part), None if len(part) else _ops.INT)
        if part is True or part is False:
            part = new(part)
        if _ops.is_tensor(part) and part.dtype.is_floating_point:
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        found.append(part)
    return found


def _used(part):
    """How many axes a part of a key speaks of."""
    if part is None:
        return 0
    return part.ndim if _ops.is_tensor(part) and part.dtype is _ops.BOOL else 1


def _steps(tensor, key, new):
    """The key as a slice for each axis, new axes, and places by axis; axes that numbers take away are marked."""
    parts = _key(key, new)
    named = sum([_used(part) for part in parts if part is not ...])
    rank = len(tensor._dims)
    if named > rank:
        raise IndexError("too many indices for tensor of dimension %d" % rank)
    if len([part for part in parts if part is ...]) == 0:
        parts.append(...)
    whole = []
    for part in parts:
        whole += [slice_all] * (rank - named) if part is ... else [part]
    return whole


class All:
    start = stop = step = None


slice_all = All()


def get(tensor, key, wrap, new):
    """What stands at a key: a view, or for masks and lists of places a copy."""
    handle, listed = _found(tensor, key, wrap, new)
    return wrap(_reader.copy(handle) if listed else handle)


def _found(tensor, key, wrap, new):
    handle, at, places = tensor._t, 0, []
    dims = list(tensor._dims)
    for part in _steps(tensor, key, new):
        if part is None:
            handle = _ops.view("Unsqueeze", None, handle, _ops.integers([at]))
            dims.insert(at, 1)
            at += 1
        elif part is slice_all:
            at += 1
        elif _is_slice(part):
            handle, dims[at] = _sliced(handle, part, at, dims[at])
            at += 1
        elif _ops.is_tensor(part) and (part.ndim or part.dtype is _ops.BOOL):
            if part.dtype is _ops.BOOL:
                for i in range(part.ndim):
                    if part._dims[i] != dims[at + i]:
                        raise IndexError(
                            "The shape of the mask %s at index %d does not match the shape of the indexed tensor %s at "
                            "index %d"
                            % (_ops.size_words(part._dims), i, _ops.size_words(tensor._dims), at + i)
                        )
                found = wrap(_reader.nonzero(part._t))
                if not part.ndim:
                    handle = _ops.view("Unsqueeze", None, handle, _ops.integers([at]))
                    dims.insert(at, 1)
                    places.append((at, new([0] if part.item() else [])))
                    at += 1
                for i in range(part.ndim):
                    places.append((at, found.select(1, i)))
                    at += 1
            else:
                places.append((at, part))
                at += 1
        else:
            handle = _one(handle, part, at, dims[at])
            dims.pop(at)
    return (_gathered(handle, dims, places, wrap), True) if places else (handle, False)


def _one(handle, part, at, n):
    if isinstance(part, float) or isinstance(part, str):
        raise TypeError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
            + type(part).__name__
            + ")"
        )
    place = int(part)
    if not -n <= place < n:
        raise IndexError("index %d is out of bounds for dimension %d with size %d" % (place, at, n))
    return _ops.view("Gather", {"axis": at}, handle, _reader.full("int64", "[]", place % n))


def _sliced(handle, part, at, n):
    step = 1 if part.step is None else int(part.step)
    if step < 1:
        raise ValueError("step must be greater than zero")
    start, stop = _bound(part.start), _bound(part.stop)
    start = 0 if start is None else max(0, start + n) if start < 0 else min(start, n)
    stop = n if stop is None else max(0, stop + n) if stop < 0 else min(stop, n)
    start = min(start, max(stop, start))
    count = max(0, (stop - start + step - 1) // step)
    made = _ops.view(
        "Slice", None, handle, *[_ops.integers([value]) for value in (start, max(start, stop), at, step)]
    )
    return made, count


def _gathered(handle, dims, places, wrap):
    """Elements at places that several axes name together: one number for each in the tensor laid out in a row."""
    axes = [at for at, _ in places]
    shape = ()
    for _, place in places:
        try:
            shape = _ops.broadcast(shape, place._dims)
        except RuntimeError:
            said = ", ".join([_ops.size_words(place._dims) for _, place in places])
            raise IndexError(
                "shape mismatch: indexing tensors could not be broadcast together with shapes " + said
            )
    backwards = False
    for at, place in places:
        for number in _ops.numbers_of(place):
            if not -dims[at] <= number < dims[at]:
                raise IndexError(
                    "index %d is out of bounds for dimension %d with size %d" % (number, at, dims[at])
                )
            backwards = backwards or number < 0
    beside = all([axes[i + 1] == axes[i] + 1 for i in range(len(axes) - 1)])
    first = axes[0] if beside else 0
    rest = [i for i in range(len(dims)) if i not in axes]
    order = axes + rest
    if order != list(range(len(dims))):
        handle = _ops.view("Transpose", {"perm": order}, handle)
    sizes = [dims[i] for i in axes]
    if len(axes) > 1:
        rows = [_ops.product(sizes)] + [dims[i] for i in rest]
        handle = _ops.view("Reshape", {"allowzero": 1}, handle, _ops.integers(rows))
    index = None
    for (_, place), n in zip(places, sizes):
        place = place % n if n and backwards else place
        index = place if index is None else index * n + place
    picked = _ops.view("Gather", {"axis": 0}, handle, index._t)
    if first:
        k = len(shape)
        before = len([i for i in rest if i < first])
        order = list(range(k, k + before)) + list(range(k)) + list(range(k + before, k + len(rest)))
        picked = _ops.view("Transpose", {"perm": order}, picked)
    return picked


def put(tensor, key, value, wrap, new):
    target = wrap(_found(tensor, key, wrap, new)[0])
    given = value if _ops.is_tensor(value) else new(value)
    while len(given._dims) > len(target._dims) and given._dims[0] == 1:
        given = given.squeeze(0)
    try:
        fits = _ops.broadcast(given._dims, target._dims) == tuple(target._dims)
    except RuntimeError:
        fits = False
    if not fits:
        raise RuntimeError(
            "shape mismatch: value tensor of shape %s cannot be broadcast to indexing result of shape %s"
            % (_ops.size_words(given._dims), _ops.size_words(target._dims))
        )
    _reader.assign(target._t, _ops.cast(given, target.dtype))
