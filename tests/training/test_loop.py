"""A whole run: records, files, resuming. Long: a kill at each kind of moment, in processes of their own."""

import contextlib
import dataclasses
import math
import random
import signal
from pathlib import Path

import driver
import pytest
import torch
from tiny import Tiny, batches

from transformer_lib.storage.files import alone_in
from transformer_lib.training import (
    Recipe,
    adam,
    load_checkpoint,
    loop,
    model_tensors,
    read_curves,
    read_tensors,
    train,
    training_step,
    validate,
)
from transformer_lib.training.order import derived_seed

SHORT = Recipe(n_steps=11, peak_lr=0.02, warmup_steps=3, log_every=2, save_every=4)


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def run(recipe=SHORT, batch_of=None, device="cpu", **options):
    model = Tiny().to(device)
    return model, train(model, batch_of or batches(), recipe, progress=False, **options)


def weights(model):
    return {name: tensor.detach().cpu().numpy().tobytes() for name, tensor in model_tensors(model).items()}


def content(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


class Stopped(Exception):
    pass


def stopping_at(last):
    data = batches()

    def batch_of(step):
        if step == last:
            raise Stopped
        return data(step)

    return batch_of


def test_a_run_is_its_steps_one_after_the_other(device):
    model, curves = run(device=device)
    twin = Tiny().to(device)
    optimizer, data = adam(twin), batches()
    done = []
    for step in range(1, 12):
        torch.manual_seed(derived_seed(0, step, 0))
        src_ids, tgt_ids = (ids.to(device) for ids in data(step))
        lr = SHORT.lr(step)
        done.append(training_step(twin, optimizer, src_ids, tgt_ids, lr=lr, smoothing=0.1, clip=1.0))
    assert weights(model) == weights(twin)
    assert [record["step"] for record in curves] == [2, 4, 6, 8, 10, 11]
    for record in curves:
        first = record["step"] - 1 if record["step"] == 11 else record["step"] - 2
        steps = done[first : record["step"]]
        assert record == {
            "step": record["step"],
            "lr": SHORT.lr(record["step"]),
            "loss": pytest.approx(sum(s.loss.item() for s in steps) / len(steps), rel=1e-6),
            "gradient_norm": steps[-1].gradient_norm.item(),
            "tokens": sum(s.n_tokens.item() for s in steps),
        }
    assert isinstance(curves[0]["tokens"], int)


def test_every_number_of_the_recipe_reaches_the_step(monkeypatch):
    calls = []
    real = loop.training_step

    def noted(model, optimizer, src_ids, tgt_ids, **options):
        calls.append(options | {"decay": optimizer.param_groups[0]["weight_decay"]})
        return real(model, optimizer, src_ids, tgt_ids, **options)

    monkeypatch.setattr(loop, "training_step", noted)
    recipe = dataclasses.replace(
        SHORT,
        n_steps=3,
        smoothing=0.3,
        clip=0.7,
        weight_decay=0.05,
        schedule="paper",
        accumulate=2,
        precision="bfloat16",
    )
    run(recipe, pad_id=12)
    common = {"smoothing": 0.3, "clip": 0.7, "pad_id": 12, "decay": 0.05}
    common |= {"accumulate": 2, "precision": "bfloat16"}
    assert calls == [common | {"lr": recipe.lr(step)} for step in (1, 2, 3)]
    calls.clear()
    run(recipe)
    assert calls[0]["pad_id"] == 0


def test_validation_is_measured_whenever_the_run_is_saved(tmp_path):
    held_out = batches().in_order()
    model, curves = run(validation=held_out, folder=tmp_path)
    measured = [record["step"] for record in curves if "validation_loss" in record]
    assert measured == [4, 8, 11]
    found = validate(model, held_out)
    assert curves[-1]["validation_loss"] == found.loss
    assert curves[-1]["validation_perplexity"] == found.perplexity
    assert curves[-1]["validation_accuracy"] == found.accuracy


def test_validation_leaves_out_what_the_run_calls_padding():
    held_out = batches().in_order()
    model, curves = run(validation=held_out, pad_id=2)
    assert curves[-1]["validation_loss"] == validate(model, held_out, pad_id=2).loss
    assert curves[-1]["validation_loss"] != validate(model, held_out).loss


def test_measuring_and_keeping_do_not_change_the_run(tmp_path):
    plain, _ = run()
    kept, _ = run(validation=batches().in_order(), folder=tmp_path)
    assert weights(plain) == weights(kept)


def test_the_folder_holds_curves_and_a_checkpoint_that_says_what_it_is(tmp_path):
    folder = tmp_path / "new" / "run"
    about = {"config": {"width": 7}, "words": "abc"}
    model, curves = run(folder=str(folder), about=about)
    assert sorted(content(folder)) == ["checkpoint.safetensors", "curves.jsonl"]
    assert read_curves(folder / "curves.jsonl") == curves
    fresh = Tiny(seed=1)
    said = load_checkpoint(folder / "checkpoint.safetensors", fresh, adam(fresh))
    assert said == about | {
        "recipe": SHORT.as_dict(),
        "n_processes": 1,
        "step": 11,
        "record": curves[-1],
    }
    assert weights(fresh) == weights(model)


@pytest.mark.parametrize("left", [0, 1])
def test_curves_that_were_lost_begin_again_with_the_checkpoints_own_record(tmp_path, left):
    held_out = batches().in_order()
    _, curves = run(folder=tmp_path, validation=held_out)
    file = tmp_path / "curves.jsonl"
    file.write_text("".join(file.read_text("utf-8").splitlines(keepends=True)[:left]), "utf-8")
    _, again = run(folder=tmp_path, validation=held_out, resume=True)
    assert again == curves[:left] + curves[-1:] == read_curves(file)


def test_lost_curves_of_a_checkpoint_without_a_record_are_told(tmp_path, monkeypatch):
    kept = loop.save_checkpoint
    with monkeypatch.context() as patch:
        patch.setattr(
            loop,
            "save_checkpoint",
            lambda path, model, optimizer, about: kept(
                path, model, optimizer, {name: value for name, value in about.items() if name != "record"}
            ),
        )
        run(folder=tmp_path)
    run(folder=tmp_path, resume=True)  # with its curves it goes on as before
    (tmp_path / "curves.jsonl").unlink()
    with pytest.raises(ValueError, match="begin anew"):
        run(folder=tmp_path, resume=True)


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(validation=batches().in_order())
    assert content(tmp_path) == {}


@pytest.mark.parametrize("last", [1, 4, 5, 8, 9, 11])
def test_a_run_that_stops_and_goes_on_ends_with_the_same_bits(tmp_path, last):
    held_out = batches().in_order()
    undisturbed, curves = run(folder=tmp_path / "a", validation=held_out)
    with pytest.raises(Stopped):
        run(batch_of=stopping_at(last), folder=tmp_path / "b", validation=held_out)
    calls = []
    data = batches()
    model, again = run(
        batch_of=lambda step: calls.append(step) or data(step),
        folder=tmp_path / "b",
        validation=held_out,
        resume=True,
    )
    assert calls[0] == (last - 1) // 4 * 4 + 1, "it starts after the last checkpoint, no earlier and no later"
    assert weights(model) == weights(undisturbed)
    assert again == curves
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_going_on_after_the_end_changes_nothing(tmp_path):
    model, curves = run(folder=tmp_path)
    before = content(tmp_path)
    again, found = run(folder=tmp_path, resume=True, batch_of=stopping_at(12))
    assert weights(again) == weights(model)
    assert found == curves
    assert content(tmp_path) == before


def test_a_folder_that_holds_a_run_is_not_overwritten(tmp_path):
    run(folder=tmp_path)
    for name in ("curves.jsonl", "checkpoint.safetensors"):
        before = content(tmp_path)
        with pytest.raises(FileExistsError, match=rf"{tmp_path} holds a run already.*--resume"):
            run(folder=tmp_path)
        assert content(tmp_path) == before
        (tmp_path / name).unlink()
    run(folder=tmp_path)


def test_a_run_of_another_recipe_description_or_number_of_processes_is_refused(tmp_path):
    run(folder=tmp_path, about={"config": {"width": 7}})
    before = content(tmp_path)
    other = dataclasses.replace(SHORT, peak_lr=0.03)
    with pytest.raises(ValueError, match=r"recipe.peak_lr is 0.02 there and 0.03 here"):
        run(other, folder=tmp_path, resume=True)
    with pytest.raises(ValueError, match=r"config.width is 7 there and 8 here"):
        run(folder=tmp_path, about={"config": {"width": 8}}, resume=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "n_processes", lambda: 2)
        with pytest.raises(ValueError, match=r"n_processes is 1 there and 2 here"):
            run(folder=tmp_path, about={"config": {"width": 7}}, resume=True)
    assert content(tmp_path) == before


def test_a_damaged_checkpoint_is_refused_and_kept(tmp_path):
    run(folder=tmp_path)
    checkpoint = tmp_path / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-9])
    before = content(tmp_path)
    with pytest.raises(ValueError, match=f"{checkpoint} is damaged or cut short"):
        run(folder=tmp_path, resume=True)
    assert content(tmp_path) == before


def test_all_that_is_random_comes_from_the_seed():
    torch.manual_seed(1)
    first, _ = run()
    state = torch.get_rng_state()
    torch.manual_seed(2)
    torch.rand(17)
    assert weights(first) == weights(run()[0])
    assert weights(first) != weights(run(dataclasses.replace(SHORT, seed=1))[0])
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state()), (
        "the caller's random numbers go on as if nothing had been drawn"
    )


@pytest.mark.parametrize("mode", [True, False])
def test_the_model_trains_in_training_mode_and_comes_back_in_its_own(mode):
    model = Tiny().train(mode)
    seen = set()
    data = batches()
    train(model, lambda step: seen.add(model.training) or data(step), SHORT, progress=False)
    assert seen == {True}
    assert model.training is mode
    with pytest.raises(Stopped):
        train(model, stopping_at(3), SHORT, progress=False)
    assert model.training is mode


def test_a_run_that_diverges_ends_and_its_last_checkpoint_stays(tmp_path):
    data = batches()
    model = Tiny()

    def batch_of(step):
        if step == 7:
            with torch.no_grad():
                model.src.weight.fill_(math.nan)
        return data(step)

    with pytest.raises(FloatingPointError, match=r"at step 8 the loss is nan .* lower learning rate"):
        train(model, batch_of, SHORT, folder=tmp_path, progress=False)
    assert read_tensors(tmp_path / "checkpoint.safetensors")[1]["step"] == 4
    assert [record["step"] for record in read_curves(tmp_path / "curves.jsonl")] == [2, 4, 6]


@pytest.mark.parametrize("field", ["loss", "gradient_norm"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_loss_and_gradient_must_both_be_finite(field, bad):
    good = {"step": 5, "loss": 1.0, "gradient_norm": 2.0}
    loop._check_finite(good)
    with pytest.raises(FloatingPointError, match=f"at step 5 .*{bad}"):
        loop._check_finite(good | {field: bad})


@pytest.mark.parametrize(
    ("progress", "variable", "shown"),
    [(True, None, True), (True, "0", True), (True, "", True), (True, "1", False), (False, None, False)],
)
def test_the_bar_shows_step_and_loss_unless_it_is_hidden(monkeypatch, capsys, progress, variable, shown):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if variable is not None:
        monkeypatch.setenv("TQDM_DISABLE", variable)
    curves = train(Tiny(), batches(), SHORT, progress=progress)
    out, err = capsys.readouterr()
    assert out == ""
    assert ("11/11" in err) == shown
    assert (f"loss={curves[-1]['loss']:.3f}" in err) == shown
    if shown:
        assert "step/s" in err or "s/step" in err
    else:
        assert err == ""


def test_the_bar_is_shown_unless_told_otherwise_and_starts_where_the_run_does(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    with pytest.raises(Stopped):
        train(Tiny(), stopping_at(7), SHORT, folder=tmp_path)
    assert " 6/11" in capsys.readouterr().err
    train(Tiny(), batches(), SHORT, folder=tmp_path, resume=True)
    err = capsys.readouterr().err
    assert "11/11" in err
    for done in range(4):
        assert f" {done}/11" not in err


def test_another_process_takes_its_rows_and_neither_writes_nor_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    monkeypatch.setattr(loop, "rank", lambda: 1)
    monkeypatch.setattr(loop, "n_processes", lambda: 2)
    seeds = []
    monkeypatch.setattr(torch, "manual_seed", seeds.append)
    seen = []
    real = loop.training_step

    def noted(model, optimizer, src_ids, tgt_ids, **options):
        seen.append((src_ids, tgt_ids))
        return real(model, optimizer, src_ids, tgt_ids, **options)

    monkeypatch.setattr(loop, "training_step", noted)
    model = Tiny()
    seeds.clear()
    curves = train(model, batches(), SHORT, folder=tmp_path / "none")
    data = batches()
    for step, (src_ids, tgt_ids) in enumerate(seen, 1):
        assert torch.equal(src_ids, data(step)[0][1::2])
        assert torch.equal(tgt_ids, data(step)[1][1::2])
    assert seeds == [derived_seed(0, step, 1) for step in range(1, 12)]
    assert not (tmp_path / "none").exists()
    assert capsys.readouterr().err == ""
    assert [record["step"] for record in curves] == [2, 4, 6, 8, 10, 11]


def test_the_first_process_writes_nothing_before_all_have_looked(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(loop, "wait_for_all", lambda device: seen.append((device, content(tmp_path))))
    run(folder=tmp_path)
    assert seen == [(torch.device("cpu"), {})]
    with pytest.raises(FileExistsError):
        run(folder=tmp_path)
    assert len(seen) == 1


def test_a_batch_too_small_to_share_is_skipped_in_validation(monkeypatch):
    monkeypatch.setattr(loop, "rank", lambda: 5)
    monkeypatch.setattr(loop, "n_processes", lambda: 6)
    small = [batches(batch_size=1)(1)]
    _, curves = run(batch_of=batches(batch_size=20), validation=[*small, batches(batch_size=20)(1)])
    assert "validation_loss" in curves[-1]


def test_a_run_that_diverged_before_its_first_point_may_begin_again(tmp_path):
    (tmp_path / "curves.jsonl").touch()
    _, curves = run(folder=tmp_path)
    assert curves[-1]["step"] == 11


def test_no_second_run_writes_into_the_folder_of_a_first(tmp_path):
    with alone_in(tmp_path), pytest.raises(BlockingIOError, match="another run is writing into"):
        run(folder=tmp_path)
    assert content(tmp_path) == {}
    run(folder=tmp_path)


def test_a_language_model_trains_without_sources():
    class Counter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(13, 13)

        def forward(self, ids):
            return self.table(ids)

    data = batches()
    recipe = Recipe(n_steps=60, peak_lr=0.1, warmup_steps=3)
    curves = train(Counter(), lambda step: (None, data(step)[1]), recipe, progress=False)
    assert curves[-1]["loss"] < curves[0]["loss"] - 0.5


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model, _ = driver.run(folder, progress=False)
    torch.set_num_threads(threads)
    return weights(model), content(folder)


def started(fresh_processes, *arguments):
    """The process of a run, and what it announces; the end of the run ends the announcements."""
    received, sent = fresh_processes.Pipe(duplex=False)
    process = fresh_processes.Process(target=driver.main, args=(arguments[0], sent, *arguments[1:]))
    process.start()
    sent.close()
    return process, received


def steps_of(announcements):
    with contextlib.suppress(EOFError):
        while True:
            yield int(announcements.recv_bytes())


def goes_on_to(undisturbed, folder):
    model, _ = driver.run(folder, resume=True, progress=False)
    assert (weights(model), content(folder)) == undisturbed


@pytest.mark.processes
@pytest.mark.parametrize("draw", range(3))
def test_a_run_killed_at_a_random_moment_goes_on_to_the_same_bits(
    undisturbed, tmp_path, fresh_processes, draw
):
    last = random.Random(draw).randrange(3, 40)
    process, announcements = started(fresh_processes, tmp_path)
    for step in steps_of(announcements):
        if step == last:
            process.kill()
            break
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert content(tmp_path) != undisturbed[1]
    goes_on_to(undisturbed, tmp_path)


@pytest.mark.processes
@pytest.mark.parametrize(("call", "turn"), [("fsync", 17), ("replace", 4)])
def test_a_run_killed_while_it_writes_a_checkpoint_goes_on_to_the_same_bits(
    undisturbed, tmp_path, fresh_processes, call, turn
):
    process, announcements = started(fresh_processes, tmp_path, call, turn)
    assert max(steps_of(announcements)) < driver.RECIPE.n_steps
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert (tmp_path / "checkpoint.safetensors.part").exists(), "it did not die while writing one"
    assert (tmp_path / "checkpoint.safetensors").exists()
    goes_on_to(undisturbed, tmp_path)


def test_the_recipes_defaults_are_the_translators():
    assert Recipe().as_dict() == {  # what older runs lack is left out
        "n_steps": 6000,
        "peak_lr": 4e-3,
        "warmup_steps": 200,
        "schedule": "linear",
        "smoothing": 0.1,
        "clip": 1.0,
        "weight_decay": 0.0,
        "seed": 0,
        "log_every": 20,
        "save_every": 500,
    }


def test_the_schedule_is_chosen_by_name():
    linear = Recipe(n_steps=20, peak_lr=0.5, warmup_steps=4)
    assert [linear.lr(step) for step in (1, 4, 20)] == pytest.approx([0.125, 0.5, 0.5 / 17])
    paper = dataclasses.replace(linear, schedule="paper")
    assert [paper.lr(step) for step in (1, 4, 16)] == pytest.approx([0.125, 0.5, 0.25])
    cooled = dataclasses.replace(paper, cooldown_steps=4)
    assert [cooled.lr(step) for step in (1, 4, 16, 17)] == pytest.approx(
        [0.125, 0.5, 0.25, 0.8 * paper.lr(17)]
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("n_steps", 0, "n_steps is at least 1, got 0"),
        ("warmup_steps", 0, "warmup_steps is at least 1, got 0"),
        ("log_every", 0, "log_every is at least 1, got 0"),
        ("save_every", 0, "save_every is at least 1, got 0"),
        ("peak_lr", 0.0, "peak_lr is above 0, got 0.0"),
        ("peak_lr", math.nan, "peak_lr is above 0, got nan"),
        ("clip", 0.0, "clip is above 0, got 0.0"),
        ("weight_decay", -0.1, "weight_decay is 0 or more, got -0.1"),
        ("smoothing", 1.1, r"smoothing is a probability in \[0, 1\], got 1.1"),
        ("smoothing", -0.1, r"smoothing is a probability in \[0, 1\], got -0.1"),
        ("schedule", "cosine", "unknown schedule 'cosine', expected one of linear, paper"),
        ("warmup_steps", 6001, "6001 warm-up steps do not fit into a run of 6000 steps"),
        ("cooldown_steps", -1, "cooldown_steps is 0 or more and below n_steps, 6000, got -1"),
        ("cooldown_steps", 6000, "cooldown_steps is 0 or more and below n_steps, 6000, got 6000"),
        ("save_every", 30, "save_every must be a multiple of log_every, got 30 and 20"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(field, value, words):
    with pytest.raises(ValueError, match=words):
        Recipe(**{field: value})


def test_the_limits_of_a_recipe_are_taken():
    Recipe(n_steps=1, warmup_steps=1, log_every=1, save_every=1, smoothing=0.0, clip=math.inf)
    Recipe(smoothing=1.0, warmup_steps=6000)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().seed = 1


def test_a_run_goes_on_only_in_the_parts_and_the_precision_that_it_began_with(tmp_path):
    with pytest.raises(Stopped):
        train(Tiny(), stopping_at(7), SHORT, folder=tmp_path)
    before = content(tmp_path)
    in_parts = dataclasses.replace(SHORT, accumulate=2)
    with pytest.raises(ValueError, match=r"recipe.accumulate is 1 there and 2 here"):
        train(Tiny(), batches(), in_parts, folder=tmp_path, resume=True)
    assert content(tmp_path) == before
    with pytest.raises(Stopped):
        train(Tiny(), stopping_at(7), in_parts, folder=tmp_path / "parts")
    with pytest.raises(ValueError, match=r"recipe.accumulate is 2 there and 1 here"):
        train(Tiny(), batches(), SHORT, folder=tmp_path / "parts", resume=True)


def test_whoever_asks_sees_the_model_of_each_checkpoint_before_it_is_written(tmp_path):
    seen = []

    def look(model, record):
        path = tmp_path / "checkpoint.safetensors"
        seen.append((record["step"], record["validation_loss"], path.exists(), model.training))

    _, curves = run(folder=tmp_path, validation=batches().in_order(), on_checkpoint=look)
    measured = [record for record in curves if "validation_loss" in record]
    assert [step for step, *_ in seen] == [record["step"] for record in measured] == [4, 8, 11]
    assert [loss for _, loss, *_ in seen] == [record["validation_loss"] for record in measured]
    assert [there for *_, there, _ in seen] == [False, True, True]
    assert all(training for *_, training in seen)


def test_the_bar_tells_the_last_losses(monkeypatch, capsys):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    curves = train(Tiny(), batches(), SHORT, validation=batches().in_order())
    shown = capsys.readouterr().err
    assert f"loss={curves[-1]['loss']:.3f}, validation={curves[-1]['validation_loss']:.3f}" in shown
