"""A reader's own function in a live picture, with the controls and drawings of a view."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transformer_lib.live import views


def chosen(view: Any, like: str | None) -> views.View:
    """The view to show, with the reader's own function in place of its function if one is given.

    Such a picture needs a kernel: a page of the book runs the exported function of the view.
    """
    if isinstance(view, (str, views.View)):
        if like is not None:
            raise TypeError(
                f"like={like!r} goes with a function of your own, and {view!r:.40} is a view already"
            )
        return views.find(view) if isinstance(view, str) else view
    if not callable(view):
        raise TypeError(f"show takes the name of a view, or a function and like=, got {type(view).__name__}")
    name = getattr(view, "__name__", type(view).__name__)
    if like is None:
        raise TypeError(
            f"{name} is a function: name the view whose controls and drawings it moves, "
            f"for example live.show({name}, like='sentence', …); there are {', '.join(sorted(views.VIEWS))}"
        )
    model = views.find(like)
    try:
        made = view(**{key: tensor.clone() for key, tensor in model.example.items()})
    except TypeError as error:
        raise ValueError(f"{name} must take {', '.join(model.example)}, as {like!r} does: {error}") from error
    wanted = model.function(**model.example)
    shapes = {key: tuple(tensor.shape) for key, tensor in wanted.items()}
    found = (
        {key: tuple(getattr(value, "shape", ())) for key, value in made.items()}
        if isinstance(made, dict)
        else None
    )
    if found != shapes:
        raise ValueError(
            f"{name} must return what {like!r} returns, {shapes}, got "
            + (type(made).__name__ if found is None else str(found))
        )
    return replace(model, function=view)
