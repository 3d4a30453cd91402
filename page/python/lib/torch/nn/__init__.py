"""torch.nn, as much of it as the exercises use: modules without parameters that are learnt."""

from torch.nn import functional
from written import missing


class Module:
    def __init__(self):
        self.training = True

    def __call__(self, *inputs, **named):
        return self.forward(*inputs, **named)

    def children(self):
        return [part for part in self.__dict__.values() if isinstance(part, Module)]

    def train(self, mode=True):
        self.training = mode
        for part in self.children():
            part.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def register_buffer(self, name, value, persistent=True):
        setattr(self, name, value)


class Dropout(Module):
    def __init__(self, p=0.5):
        super().__init__()
        self.p = p

    def forward(self, x):
        return functional.dropout(x, self.p, self.training)


class Identity(Module):
    def forward(self, x):
        return x


def __getattr__(name):
    if name[:2] == "__":
        raise AttributeError(name)
    raise missing("torch.nn." + name)
