"""A file of short stories, as the studies of language models read it."""

import random

import pytest

from transformer_lib.studies.stories import Training, read_stories

WORDS = ("the", "cat", "sat", "on", "mat", "and", "saw", "one", "big", "red", "dog", "run", "away", "home")

TINY = Training(
    n_steps=4, batch_size=2, max_length=16, vocab_size=60, peak_lr=4e-3, warmup_steps=2, seeds=(0, 3)
)


@pytest.fixture(scope="session")
def stories(tmp_path_factory):
    """Path of the file."""
    draw = random.Random(1)
    texts = [" ".join(draw.choices(WORDS, k=23)) + "." for _ in range(53)]
    path = tmp_path_factory.mktemp("stories") / "stories.txt"
    path.write_text("\n<|endoftext|>\n".join(texts), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny():
    """Settings of a training that takes no time."""
    return TINY


@pytest.fixture(scope="session")
def story_data(stories, tiny):
    """Its rows of ids."""
    return read_stories(stories, tiny)
