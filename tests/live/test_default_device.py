"""Live pictures work under another default device, as in a notebook for a GPU.

The device *meta* stands for any other: a tensor that lands there has no numbers, and meets those on the CPU in an error.
"""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from transformer_lib.live.views import VIEWS

BEGIN = """
    import gc, importlib, pkgutil, warnings
    import torch
    torch.set_default_device("meta")
    warnings.simplefilter("ignore")
"""


def run(program):
    source = textwrap.dedent(BEGIN) + textwrap.dedent(program)
    paths = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_no_tensor_that_is_made_at_import_follows_the_default_device():
    stray = run("""
        import transformer_lib
        for module in pkgutil.walk_packages(transformer_lib.__path__, "transformer_lib."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
        print([tuple(x.shape) for x in gc.get_objects() if isinstance(x, torch.Tensor) and x.is_meta])
    """)
    assert stray == "[]\n"


def test_every_live_picture_shows_its_numbers_and_every_type_of_drawing_is_drawn():
    shown = run("""
        from live.cases import grid
        from thorough import covering
        from transformer_lib import live
        from transformer_lib.live.views import VIEWS
        cover = covering(list(VIEWS.values()), lambda view: {drawing.type for drawing in view.drawings})
        drawn = {view.name for view in cover}
        for view in VIEWS.values():
            with torch.device("cpu"):
                case = next(iter(grid(view)))
            labels = {name: words for name, words in case.labels.items() if name in view.labels}
            picture = live.show(view, **({n: case.inputs[n] for n in view.constants} | labels | case.values))
            assert not any(x.is_meta for x in picture.outputs.values()), view.name
            assert picture.describe()
            assert view.name not in drawn or picture.still()
            print(view.name)
    """)
    assert shown.split() == list(VIEWS)


def test_exercises_judge_and_hand_out_numbers():
    said = run("""
        from transformer_lib import exercises
        queries, keys = exercises.given("a row by hand")
        print(queries.device, keys.sum().item())
        exercises.check("write attention", lambda q, k, v: (q @ k.transpose(-2, -1)).softmax(-1) @ v)
    """)
    assert said.startswith("cpu 2.0\nNot yet. The scale is missing")
