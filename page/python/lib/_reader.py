"""The live pictures' reader: what fails there is raised here."""

import _operations


def _call(name):
    function = getattr(_operations, name)

    def call(*inputs):
        made = function(*inputs)
        if made is False:
            raise RuntimeError(_operations.failure())
        return made

    return call


for _name in _operations.names().split(" "):
    globals()[_name] = _call(_name)
