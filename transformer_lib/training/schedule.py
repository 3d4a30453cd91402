"""Learning-rate schedules: warm-up, then decay, as functions of the step."""

from __future__ import annotations

from transformer_lib import checks


def warmup_schedule(step: int, d_model: int, warmup_steps: int) -> float:
    r"""The paper's learning rate: linear warm-up, then inverse-square-root decay.

    .. math:: \mathrm{lr} = d_{model}^{-1/2} \cdot \min(step^{-1/2}, \; step \cdot warmup\_steps^{-3/2})

    Args:
        step: number of the step, from 1.
        d_model: width of the model; a wider one takes smaller steps.
        warmup_steps: where the rate peaks, at (d_model * warmup_steps) ** -0.5.

    Raises:
        ValueError: if an argument is below 1.
        TypeError: if one is no whole number.

    Source: Vaswani et al. 2017, section 5.3, equation 3.

    >>> f"{warmup_schedule(4000, d_model=512, warmup_steps=4000):.1e}"  # the paper's base model at its peak
    '7.0e-04'
    """
    _check(step, warmup_steps)
    checks.whole("d_model", d_model)
    if d_model < 1:
        raise ValueError(f"d_model is at least 1, got {d_model}")
    return d_model**-0.5 * min(step**-0.5, step * warmup_steps**-1.5)


def linear_schedule(step: int, peak: float, warmup_steps: int, n_steps: int) -> float:
    r"""The learning rate of this book's models: linear warm-up to `peak`, then linear decay.

    .. math:: \mathrm{lr} = peak \cdot \min\left(\frac{step}{warmup\_steps}, \;
              \frac{n\_steps + 1 - step}{n\_steps + 1 - warmup\_steps}\right)

    The rate would reach 0 one step after the last, so that no step has rate 0.

    Args:
        step: number of the step, from 1 to `n_steps`.
        peak: the highest rate.
        warmup_steps: the step at which it is reached; at most `n_steps`.
        n_steps: length of the whole run.

    Raises:
        ValueError: if a number of steps is below 1, the step or the warm-up exceeds `n_steps`, or the peak is not a
            finite number above 0.
        TypeError: if a number of steps is no whole number, or the peak no number.

    Source: Devlin et al. 2019, appendix A.2 (warm-up, then linear decay).

    >>> [linear_schedule(step, 1.0, warmup_steps=2, n_steps=5) for step in range(1, 6)]
    [0.5, 1.0, 0.75, 0.5, 0.25]
    """
    _check_run(step, peak, warmup_steps, n_steps)
    return peak * min(step / warmup_steps, (n_steps + 1 - step) / (n_steps + 1 - warmup_steps))


def paper_schedule(step: int, peak: float, warmup_steps: int, n_steps: int) -> float:
    """The shape of `warmup_schedule`, scaled to a given peak.

    Args and errors are those of `linear_schedule`.

    >>> [round(paper_schedule(step, 1.0, warmup_steps=4, n_steps=64), 3) for step in (1, 4, 16, 64)]
    [0.25, 1.0, 0.5, 0.25]
    """
    _check_run(step, peak, warmup_steps, n_steps)
    return peak * warmup_schedule(step, 1, warmup_steps) / warmup_schedule(warmup_steps, 1, warmup_steps)


def cooldown(step: int, cooldown_steps: int, n_steps: int) -> float:
    r"""The share of a schedule's rate that is left at a step: 1, and over the last steps of a run linearly towards 0.

    .. math:: \min\left(1, \; \frac{n\_steps + 1 - step}{cooldown\_steps + 1}\right)

    Training with large steps wanders around what it has found; a short end with ever smaller ones settles. A schedule
    that does not know the run's length, such as the paper's, gets such an end whenever one wants to stop.

    Args:
        step: number of the step, from 1 to `n_steps`.
        cooldown_steps: length of the end, below `n_steps`; 0 for none.
        n_steps: length of the whole run.

    Raises:
        ValueError: if a number is out of range.
        TypeError: if one is no whole number.

    Source: Hägele et al. 2024 (arXiv 2405.18392), who compare such ends with schedules of a fixed length.

    >>> [cooldown(step, cooldown_steps=3, n_steps=6) for step in range(1, 7)]
    [1.0, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    checks.whole("n_steps", n_steps)
    checks.whole("cooldown_steps", cooldown_steps)
    _check(step, 1, n_steps)
    if not 0 <= cooldown_steps < n_steps:
        raise ValueError(
            f"cooldown_steps is 0 or more and below the run's {n_steps} steps, got {cooldown_steps}"
        )
    return min(1.0, (n_steps + 1 - step) / (cooldown_steps + 1))


def _check_run(step: int, peak: float, warmup_steps: int, n_steps: int) -> None:
    checks.whole("n_steps", n_steps)
    _check(step, warmup_steps, n_steps)
    checks.number("peak", peak, above=0.0)


def _check(step: int, warmup_steps: int, n_steps: int | None = None) -> None:
    checks.whole("step", step)
    checks.whole("warmup_steps", warmup_steps)
    if step < 1:
        raise ValueError(f"steps count from 1, got {step}; did you pass an index that starts at 0?")
    if warmup_steps < 1:
        raise ValueError(f"warmup_steps is at least 1, got {warmup_steps}")
    if n_steps is not None and max(step, warmup_steps) > n_steps:
        raise ValueError(
            f"step {step} and {warmup_steps} warm-up steps must lie within the run's {n_steps} steps"
        )


# By the name that a recipe gives; each takes (step, peak, warmup_steps, n_steps).
SCHEDULES = {"linear": linear_schedule, "paper": paper_schedule}
