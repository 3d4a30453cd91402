"""From a model that continues to one that answers, in a small world where each answer can be judged.

words, facts, stories
    The world: what can be told and asked. `draw`: a story and a question.
judging
    `judge`: right, wrong, admits, invents, or other; `manner`: polite, plain or rude.
texts
    What is learnt from: `document` as the internet has them, `example` by labellers, `pair` of which one is preferred.
losses, rewards
    The mathematics of each stage: `answer_loss`, `bradley_terry_loss`, `dpo_loss`, `policy_gradient_loss`, `best_of_n`.
replying
    `reply`: what a model writes after a question.
pretraining, tuning, reward_model
    The stages: `pretrain`; `instruct`, `prefer`, `reinforce`; `learn_rewards`.
measuring, storing
    `measure` a model; `load` one that comes along; `write_stage` and `read_stage`.

All stages from nothing: `python -m transformer_lib.assistant --out FOLDER`.
"""

from transformer_lib.assistant.judging import judge, manner
from transformer_lib.assistant.losses import (
    answer_loss,
    bradley_terry_loss,
    dpo_loss,
    token_log_probabilities,
)
from transformer_lib.assistant.measuring import Measured, measure
from transformer_lib.assistant.pretraining import documents, fresh_model, pretrain
from transformer_lib.assistant.replying import exchanges, replies, reply, reply_log_probabilities
from transformer_lib.assistant.reward_model import learn_rewards, score
from transformer_lib.assistant.rewards import (
    best_of_n,
    best_of_n_kl,
    group_advantages,
    kl_divergence,
    policy_gradient_loss,
)
from transformer_lib.assistant.stories import draw
from transformer_lib.assistant.storing import load, read_stage, write_stage
from transformer_lib.assistant.texts import Example, Pair, document, example, pair
from transformer_lib.assistant.tuning import instruct, prefer, reinforce
from transformer_lib.assistant.words import VOCABULARY

__all__ = [
    "VOCABULARY",
    "draw",
    "judge",
    "manner",
    "document",
    "documents",
    "example",
    "pair",
    "Example",
    "Pair",
    "token_log_probabilities",
    "answer_loss",
    "bradley_terry_loss",
    "dpo_loss",
    "group_advantages",
    "policy_gradient_loss",
    "kl_divergence",
    "best_of_n",
    "best_of_n_kl",
    "reply",
    "replies",
    "exchanges",
    "reply_log_probabilities",
    "fresh_model",
    "pretrain",
    "instruct",
    "prefer",
    "reinforce",
    "learn_rewards",
    "score",
    "measure",
    "Measured",
    "load",
    "read_stage",
    "write_stage",
]
