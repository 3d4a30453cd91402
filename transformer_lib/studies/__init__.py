"""Experiments whose results the chapters use: each is one command, with a fixed seed and one thread.

sally
    Answers of four small networks, by cue, tail and distance: ``python -m transformer_lib.studies.sally``.
controls
    Controls for the Sally study: ``python -m transformer_lib.studies.controls``.
gradients
    Gradient norm at each earlier state: ``python -m transformer_lib.studies.gradients``.
length
    Translation by sentence length, with one fixed vector or with attention:
    ``python -m transformer_lib.studies.length``.
heads
    Ablation and importance measures of the translator's heads: ``python -m transformer_lib.studies.heads``.
head_count
    The translator trained with one head and with four: ``python -m transformer_lib.studies.head_count``.
long_runs
    The same with the whole of the shipped training: ``python -m transformer_lib.studies.long_runs``.
one_head
    One attention head with dot products divided by √d, by 1 or by d; chapter 03 runs it, no results are stored.
two_words
    Retrieving two words at once, with one head and with two: ``python -m transformer_lib.studies.two_words``.
finders
    Induction: the number of layers and heads it needs, and the role of the first layer:
    ``python -m transformer_lib.studies.finders``.
gender
    Feminine words that turn masculine when a part of a translator is ablated.
decoding
    Beam width: log-probability and quality of translations: ``python -m transformer_lib.studies.decoding``.
repetition
    Repetition in generated text, by decoding method: ``python -m transformer_lib.studies.repetition``.
training
    One translator under many training settings, five of them faulty: ``python -m transformer_lib.studies.training``.
rates
    Short trainings by learning rate, and with a warm-up or without: ``python -m transformer_lib.studies.rates``.
stopping
    The book's translator after part of its training.
depth
    Signal, gradient and cosine similarity of words in deep untrained encoders, by initialisation:
    ``python -m transformer_lib.studies.depth``.
feed_forward
    Ablation of the translator's feed-forward networks, and their best linear fits:
    ``python -m transformer_lib.studies.feed_forward``.
crossing
    Cross-attention: maps, ablation of heads, and swaps of memory vectors:
    ``python -m transformer_lib.studies.crossing``.
dress
    A small writer of stories as in 2017 and as today, one change at a time:
    ``python -m transformer_lib.studies.dress FILE``.
scaling
    Twelve small runs by size and amount of data, and the prediction of the largest:
    ``python -m transformer_lib.studies.scaling FILE``.
vocabularies
    Perplexity and bits per character of the same text in small and large subwords:
    ``python -m transformer_lib.studies.vocabularies FILE``.
online
    Memory of attention by length, at once and in blocks: ``python -m transformer_lib.studies.online``.
pronouns
    Whom the shipped writer of stories calls *he*, whom *she*.
assistant_stages
    The small assistant's stages, by labellers' honesty and by beta: ``python -m transformer_lib.studies.assistant_stages``.
assistant_alone
    Each loss of its preference learning alone, at several rates: ``python -m transformer_lib.studies.assistant_alone``.
assistant_orders
    Its answers where facts are told in one order only: ``python -m transformer_lib.studies.assistant_orders``.
assistant_induction
    The jump in its pretraining: loss and heads: ``python -m transformer_lib.studies.assistant_induction``.
assistant_rewards
    Best of n by learnt rewards: ``python -m transformer_lib.studies.assistant_rewards``.
assistant_hack
    A word that is rewarded, by the price of leaving the reference: ``python -m transformer_lib.studies.assistant_hack``.
faults
    Common training faults, injected on purpose.
classifying
    The networks of the Sally studies and their training.
stories
    What the studies of small writers share: data, training, measure.
stored
    Reading and writing stored results: `results`.

Each command overwrites one file of ``transformer_lib/studies/results``. The numbers are reproducible on the same machine; on
another they differ in late digits, after long trainings possibly more.
"""

from transformer_lib.studies.stored import results

__all__ = ["results"]
