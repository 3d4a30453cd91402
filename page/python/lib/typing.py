"""Names of types: a page looks at none of them."""


class _Named:
    def __getitem__(self, _):
        return self

    def __or__(self, _):
        return self

    __ror__ = __or__

    def __call__(self, value, *_):
        return value


def overload(function):
    return function


def __getattr__(name):
    return _Named()
