"""Training as a library and as a program: `python -m transformer_lib.training --help`.

loss
    Targets and loss: `shift`, `label_smoothing_loss`, `perplexity`.
schedule
    Learning rates: `warmup_schedule`, `linear_schedule`, `paper_schedule`, `cooldown`.
step
    `training_step`, `adam`, and `validate`.
precision
    float32 or bfloat16.
order
    The batches of each step: `Batches`.
processes
    Data-parallel training over several processes.
files, checkpoint, curves
    Files that survive a killed run.
recipe, loop
    A complete run: `Recipe`, `train`.
keeping
    The model file of a run: its last weights, its best, or an average.
data, options, summary
    The program's data, its command line, and what it prints.
"""

from transformer_lib.storage.checkpoint import load_checkpoint, load_model, model_tensors, save_checkpoint
from transformer_lib.storage.files import checksum, read_tensors, write_tensors
from transformer_lib.training.curves import read_curves
from transformer_lib.training.loop import train
from transformer_lib.training.loss import label_smoothing_loss, perplexity, shift
from transformer_lib.training.order import Batches
from transformer_lib.training.recipe import Recipe
from transformer_lib.training.schedule import cooldown, linear_schedule, paper_schedule, warmup_schedule
from transformer_lib.training.step import Step, Validation, adam, training_step, validate

__all__ = [
    "Batches",
    "Recipe",
    "Step",
    "Validation",
    "adam",
    "checksum",
    "label_smoothing_loss",
    "cooldown",
    "linear_schedule",
    "load_checkpoint",
    "load_model",
    "model_tensors",
    "paper_schedule",
    "perplexity",
    "read_curves",
    "read_tensors",
    "save_checkpoint",
    "shift",
    "train",
    "training_step",
    "validate",
    "warmup_schedule",
    "write_tensors",
]
