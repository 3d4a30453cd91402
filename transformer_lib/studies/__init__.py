"""Longer runs whose numbers the chapters read: each is one command, with a fixed seed and one thread.

sally
    What four small networks answer, by cue, tail and distance: ``python -m transformer_lib.studies.sally``.
gradients
    How much of the loss reaches each earlier state: ``python -m transformer_lib.studies.gradients``.
length
    Translation by length of the sentence, with one vector between or with attention:
    ``python -m transformer_lib.studies.length``.
heads
    What the translator's heads do, and what tells which of them matter: ``python -m transformer_lib.studies.heads``.
head_count
    The translator trained with one head and with four: ``python -m transformer_lib.studies.head_count``.
long_runs
    The same with the whole of the shipped training: ``python -m transformer_lib.studies.long_runs``.
two_words
    Fetching two words at once, with one head and with two: ``python -m transformer_lib.studies.two_words``.
finders
    What finds what came last time: layers, heads, and what the first layer is for:
    ``python -m transformer_lib.studies.finders``.
gender
    Which feminine words turn masculine when a part of a translator is gone.
decoding
    What a wider beam finds, and whether it is better: ``python -m transformer_lib.studies.decoding``.
repetition
    What a small language model writes, greedily and with every dial: ``python -m transformer_lib.studies.repetition``.
training
    The same translator trained in many ways, five of them spoilt: ``python -m transformer_lib.studies.training``.
rates
    Short trainings by learning rate, and with a warm-up or without: ``python -m transformer_lib.studies.rates``.
stopping
    The book's translator, stopped in the middle of its training.
depth
    Signal, gradient and likeness of words in deep untrained encoders, by initialisation:
    ``python -m transformer_lib.studies.depth``.
feed_forward
    What the translator's feed-forward networks are worth, and their best linear fits:
    ``python -m transformer_lib.studies.feed_forward``.
crossing
    Where cross-attention looks, what its heads are for, and which vector decides a word:
    ``python -m transformer_lib.studies.crossing``.
faults
    Faults that are easily made, planted on purpose.
classifying
    The four networks and how they are trained.
stored
    Where the numbers are kept: `results`.

Each command overwrites one file of ``transformer_lib/studies/results``. The numbers are the same on the same machine; on
another they differ in late digits, and what is drawn from a longer run may differ more.
"""

from transformer_lib.studies.stored import results

__all__ = ["results"]
