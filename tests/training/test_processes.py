"""Two processes with gloo take the same step as one with the joined batch."""

import pair_of_processes
import pytest
import torch
from tiny import Tiny, batches, pairs

from transformer_lib.training import processes, read_tensors, train, validate
from transformer_lib.training.processes import average_gradients, process_group, sum_over_processes


@pytest.fixture(scope="module")
def both(tmp_path_factory, side_by_side):
    """Results of each of two processes, their shared folder, and their outputs."""
    folder = tmp_path_factory.mktemp("both")
    codes = side_by_side(pair_of_processes.main, folder)
    shown = [(folder / f"shown{n}").read_text("utf-8") for n in range(2)]
    assert codes == [0, 0], shown
    found = [torch.load(folder / f"process{n}.pt", weights_only=True) for n in range(2)]
    return found, folder, shown


def close(found, wanted):
    torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", pair_of_processes.SHARES)
def test_the_gradient_is_that_of_one_process_on_the_joined_batch(both, name):
    joined = [row for rows in pair_of_processes.SHARES[name] for row in rows]
    wanted = pair_of_processes.gradients(Tiny(dropout=0.0), joined)
    assert wanted["n_tokens"] == sum(len(pairs()[row][1]) - 1 for row in joined)
    for process in both[0]:
        close(process["found"][name], wanted)


def test_the_plain_mean_over_processes_would_be_another_gradient(both):
    first, second = (
        pair_of_processes.gradients(Tiny(dropout=0.0), rows) for rows in pair_of_processes.SHARES["unequal"]
    )
    plain = (first["src.weight"] + second["src.weight"]) / 2
    assert (plain - both[0][0]["found"]["unequal"]["src.weight"]).abs().max() > 1e-3


def test_a_run_of_two_processes_is_a_run_of_one(both):
    data = batches()
    model = Tiny(dropout=0.0)
    curves = train(model, data, pair_of_processes.RECIPE, validation=data.in_order(), progress=False)
    for process in both[0]:
        close(process["trained"], model.state_dict())
        for found, wanted in zip(process["curves"], curves, strict=True):
            assert found == pytest.approx(wanted, rel=1e-4)
        assert process["measured"] == pytest.approx(tuple(validate(model, data.in_order())), rel=1e-4)
    first, second = (process["trained"] for process in both[0])
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_batch_with_fewer_rows_than_processes_trains_the_same_model(both):
    model = Tiny(dropout=0.0)
    train(model, batches(batch_size=1), pair_of_processes.RECIPE, progress=False)
    for process in both[0]:
        close(process["trained on few"], model.state_dict())


def test_only_the_first_process_writes_and_shows_progress(both):
    _, folder, shown = both
    assert sorted(path.name for path in (folder / "run").iterdir()) == [
        "checkpoint.safetensors",
        "curves.jsonl",
    ]
    assert read_tensors(folder / "run/checkpoint.safetensors")[1]["n_processes"] == 2
    assert "6/6" in shown[0]
    assert "6/6" not in shown[1]


def test_all_start_from_the_parameters_of_the_first(both):
    for process in both[0]:
        assert all(
            torch.equal(process["unlike"][name], tensor) for name, tensor in Tiny().state_dict().items()
        )


def test_a_sum_reaches_all_and_leaves_what_was_given_and_waiting_is_for_both(both):
    for n, process in enumerate(both[0]):
        assert process["who"] == [n, 2, "cpu", 2]
        given, total = process["sum"]
        assert given.tolist() == [1.0 + n, 10.0 + 10.0 * n]
        assert total.tolist() == [3.0, 30.0]


def test_alone_nothing_changes_and_nothing_is_joined(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    model = Tiny(dropout=0.0)
    wanted = pair_of_processes.gradients(model, [0, 1])
    with process_group(torch.device("cpu")) as device:
        assert device == torch.device("cpu")
        found = pair_of_processes.gradients(model, [0, 1], average_gradients)
        assert processes.rank() == 0
        assert processes.n_processes() == 1
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    numbers = torch.ones(2)
    assert sum_over_processes(numbers) is numbers


class Group:
    """torch.distributed as far as `process_group` sees it."""

    def __init__(self, monkeypatch, **variables):
        self.calls = []
        for name in ("RANK", "LOCAL_RANK"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        for name in ("init_process_group", "destroy_process_group"):
            monkeypatch.setattr(processes.dist, name, self.noted(name))
        monkeypatch.setattr(torch.cuda, "set_device", self.noted("set_device"))

    def noted(self, name):
        return lambda *arguments: self.calls.append((name, *arguments))


@pytest.mark.parametrize(
    ("device", "variables", "backend", "own"),
    [
        ("cpu", {"RANK": "1", "LOCAL_RANK": "1"}, "gloo", "cpu"),
        ("cuda", {"RANK": "5", "LOCAL_RANK": "1"}, "nccl", "cuda:1"),
        ("cuda", {"RANK": "0"}, "nccl", "cuda:0"),
    ],
)
def test_a_processor_talks_through_gloo_and_each_gpu_through_nccl(
    monkeypatch, device, variables, backend, own
):
    group = Group(monkeypatch, **variables)
    with process_group(torch.device(device)) as found:
        assert found == torch.device(own)
        assert ("destroy_process_group",) not in group.calls
    wanted = [("init_process_group", backend), ("destroy_process_group",)]
    if device == "cuda":
        wanted.insert(0, ("set_device", torch.device(own)))
    assert group.calls == wanted


def test_the_group_is_left_also_after_an_error(monkeypatch):
    group = Group(monkeypatch, RANK="0")
    with pytest.raises(KeyError), process_group(torch.device("cpu")):
        raise KeyError
    assert group.calls[-1] == ("destroy_process_group",)


def pretended(monkeypatch, message):
    """A second process that sends this message (None: zeros); returns the list of what the first one sends."""
    sent = []
    monkeypatch.setattr(processes, "n_processes", lambda: 2)

    def total(numbers):
        sent.append(numbers.clone())
        return numbers if message is None else numbers + message

    monkeypatch.setattr(processes, "sum_over_processes", total)
    return sent


def test_one_message_carries_gradients_loss_and_count(monkeypatch):
    # by hand: 2 tokens with gradient 3 and loss 5 here; 6 tokens with gradient 7 and loss 1 there
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.tensor([3.0])
    frozen = torch.nn.Parameter(torch.zeros(3), requires_grad=False)
    sent = pretended(monkeypatch, torch.tensor([6 * 7.0, 6 * 1.0, 6.0]))
    loss, n_tokens = average_gradients(
        [weight, frozen], torch.tensor(5.0, requires_grad=True), torch.tensor(2)
    )
    assert sent[0].tolist() == [6.0, 10.0, 2.0]
    assert weight.grad.tolist() == [(2 * 3 + 6 * 7) / 8]
    assert loss.item() == (2 * 5 + 6 * 1) / 8
    assert n_tokens.item() == 8
    assert not loss.requires_grad
    assert frozen.grad is None


def test_a_parameter_without_a_gradient_counts_as_zero_and_no_token_at_all_as_zero(monkeypatch):
    used, idle = torch.nn.Parameter(torch.zeros(2, 3)), torch.nn.Parameter(torch.zeros(5))
    used.grad = torch.full((2, 3), 7.0)
    pretended(monkeypatch, None)
    loss, n_tokens = average_gradients(iter([idle, used]), torch.tensor(0.0), torch.tensor(0))
    assert (loss.item(), n_tokens.item()) == (0.0, 0.0)
    assert idle.grad.tolist() == [0.0] * 5
    assert used.grad.tolist() == [[0.0] * 3] * 2


def test_half_precision_gradients_count_their_tokens_exactly(monkeypatch):
    weight = torch.nn.Parameter(torch.zeros(2, dtype=torch.bfloat16))
    weight.grad = torch.ones(2, dtype=torch.bfloat16)
    sent = pretended(monkeypatch, None)
    _, n_tokens = average_gradients([weight], torch.tensor(1.0), torch.tensor(1001))
    assert sent[0].dtype == torch.float32
    assert n_tokens.item() == 1001
    assert weight.grad.dtype == torch.bfloat16
