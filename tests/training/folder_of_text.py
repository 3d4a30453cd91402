"""A folder of parallel text as a person might have it: sentences of the grammar, with a few lines that are no use."""

from transformer_lib.data import generate
from transformer_lib.text import detokenise

SIZES = {"train": 260, "val": 31, "test": 37}
EMPTY, LONG = 17, 23  # rows of train without a translation, and with too many words


def write_folder(folder):
    """Write train, val and test in English and French; returns the test's English lines."""
    pairs = iter(generate(sum(SIZES.values()), seed=11))
    for name, n in SIZES.items():
        sides = [[], []]
        for _ in range(n):
            pair = next(pairs)
            for side, words in zip(sides, (pair.english, pair.french), strict=True):
                text = detokenise(words)
                side.append(text[0].upper() + text[1:])
        if name == "train":
            sides[1][EMPTY] = "  "
            sides[0][LONG] = "and so on " * 50
        if name == "test":  # two translations of the first sentence, as lines of their own
            sides[0].append(sides[0][0])
            sides[1].append("Une autre phrase .")
        for language, lines in zip(("en", "fr"), sides, strict=True):
            (folder / f"{name}.{language}").write_text("\n".join(lines) + "\n", "utf-8")
    return sides[0]
