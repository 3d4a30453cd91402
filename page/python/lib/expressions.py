"""re: what MicroPython has, and finding every place."""

import re as _re

from written import missing

compile, match, search, sub = _re.compile, _re.match, _re.search, _re.sub


def findall(pattern, text):
    found = []
    while text:
        hit = _re.search(pattern, text)
        if hit is None:
            break
        said = hit.group(0)
        found.append(said)
        end = text.find(said) + len(said)
        text = text[end or 1 :]
    return found


def split(pattern, text):
    return _re.compile(pattern).split(text)


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("re." + name)
