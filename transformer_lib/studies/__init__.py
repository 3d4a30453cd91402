"""Longer runs whose numbers the chapters read: each is one command, with a fixed seed and one thread.

sally
    What four small networks answer, by cue, tail and distance: ``python -m transformer_lib.studies.sally``.
gradients
    How much of the loss reaches each earlier state: ``python -m transformer_lib.studies.gradients``.
length
    Translation by length of the sentence, with one vector between or with attention:
    ``python -m transformer_lib.studies.length``.
heads
    Where heads look, and what breaks without them: ``python -m transformer_lib.studies.heads``.
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
faults
    Faults that are easily made, planted on purpose.
classifying
    The four networks and how they are trained.
stored
    Where the numbers are kept: `results`.

Each command overwrites one file of ``transformer_lib/results``. The numbers are the same on the same machine; on
another they differ in late digits, and what is drawn from a longer run may differ more.
"""

from transformer_lib.studies.stored import results

__all__ = ["results"]
