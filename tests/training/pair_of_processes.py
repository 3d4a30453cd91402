"""The program of each of two processes in the tests."""

import importlib
import os
import sys

import torch
from tiny import Tiny, batches, pairs

from transformer_lib.data import pad
from transformer_lib.training import Recipe, label_smoothing_loss, train, validate
from transformer_lib.training.processes import (
    average_gradients,
    n_processes,
    process_group,
    rank,
    same_parameters,
    sum_over_processes,
    wait_for_all,
)

RECIPE = Recipe(n_steps=6, peak_lr=0.02, warmup_steps=2, log_every=2, save_every=4)
# By name, the rows of each process: as many tokens on both sides, few against many, and none on one side.
SHARES = {"alike": [[0, 1], [0, 1]], "unequal": [[0], list(range(1, 23))], "one idle": [[0, 1, 2], []]}


def gradients(model, rows, join=None):
    """Gradient, loss and tokens of some rows; an idle process has padding alone."""
    data = [pairs()[row] for row in rows] or [([3, 4], [1, 0, 0])]
    tgt_ids = pad([tgt for _, tgt in data])
    model.zero_grad()
    loss = label_smoothing_loss(model(pad([src for src, _ in data]), tgt_ids[:, :-1]), tgt_ids[:, 1:])
    loss.backward()
    n_tokens = (tgt_ids[:, 1:] != 0).sum()
    loss, n_tokens = (join or (lambda *found: found))(model.parameters(), loss, n_tokens)[-2:]
    return {name: p.grad.clone() for name, p in model.named_parameters()} | {
        "loss": loss.detach(),
        "n_tokens": n_tokens.float(),
    }


def started(number, port):
    """Set torchrun's environment variables, as one of two processes."""
    os.environ |= {"RANK": str(number), "LOCAL_RANK": str(number), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}


def programs(folder, number, ports, commands):
    """Run programs one after the other; what each prints goes to a file, with its exit code.

    Each has a port of its own: one process may begin a program before the other has left the one before.
    """
    os.environ["TQDM_DISABLE"] = "1"
    for place, (port, (module, arguments)) in enumerate(zip(ports, commands, strict=True)):
        started(number, port)
        with (folder / f"said{place}-{number}").open("w", encoding="utf-8") as sys.stdout:
            print(importlib.import_module(module).main(arguments))


def main(folder, number, ports):
    """One of two processes; its output goes to a file."""
    started(number, ports[0])
    os.environ["TQDM_DISABLE"] = "0"
    sys.stderr = (folder / f"shown{number}").open("w", buffering=1)
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")) as device:
        found = {
            name: gradients(Tiny(dropout=0.0), shares[rank()], average_gradients)
            for name, shares in SHARES.items()
        }
        unlike = Tiny(seed=rank())
        same_parameters(unlike)
        given = torch.tensor([1.0, 10.0]) * (1 + rank())
        total = sum_over_processes(given)
        arrived = folder / f"arrived{rank()}"
        arrived.touch()
        wait_for_all(device)
        all_there = len(list(folder.glob("arrived*")))
        data = batches()
        model = Tiny(dropout=0.0)
        curves = train(model, data, RECIPE, validation=data.in_order(), folder=folder / "run", progress=True)
        few = Tiny(dropout=0.0)  # one row in each batch, and two processes
        train(few, batches(batch_size=1), RECIPE, progress=False)
        share = [(src_ids[rank() :: 2], tgt_ids[rank() :: 2]) for src_ids, tgt_ids in data.in_order()]
        measured = validate(model, share)
        torch.save(
            {
                "found": found,
                "unlike": unlike.state_dict(),
                "sum": [given, total],
                "who": [rank(), n_processes(), str(device), all_there],
                "trained": model.state_dict(),
                "trained on few": few.state_dict(),
                "curves": curves,
                "measured": tuple(measured),
            },
            folder / f"process{rank()}.pt",
        )
    assert n_processes() == 1, "the processes have not parted"
