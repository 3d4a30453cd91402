"""Decimal: a name alone, so that an answer can be asked whether it is one."""


class Decimal:
    def __init__(self, *_):
        from written import missing

        raise missing("decimal.Decimal")
