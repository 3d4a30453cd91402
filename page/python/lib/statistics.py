"""statistics, its means."""


def mean(values):
    values = list(values)
    return sum(values) / len(values)


fmean = mean


def median(values):
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
