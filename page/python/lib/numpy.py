"""numpy: the names of its kinds alone, so that an answer can be asked whether it is one."""

from written import missing


class ndarray:
    pass


class generic:
    pass


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("numpy." + name)
