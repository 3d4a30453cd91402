"""A chapter in a real JupyterLab: live pictures and a busy kernel. Long: server, notebook and steps of one visit."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
import torch
from browsing import watch
from built import ROOT, example
from hand import Hand, torchs
from nbformat import v4
from playwright.sync_api import expect

from transformer_lib import greedy_decode, load_writer, tokenise, translate

WITHIN = 60_000  # milliseconds; an import of torch on a busy machine is slow
OWN = (
    "HOME",
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
)
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # keep cells that are out of sight
    # Older kernels, and those of Colab, answer nobody while a cell runs; so shall this one.
    "apputils-extension/kernels-settings": {"commsOverSubshells": "disabled"},
}
# Redefines the function behind the picture: each call appends a line to a file.
COUNT = """
from pathlib import Path
from transformer_lib.live.views import find
view = find({name!r})
def counted(_function=view.function, **inputs):
    with open("calls", "a") as calls:
        calls.write("called\\n")
    return _function(**inputs)
object.__setattr__(view, "function", counted)
"""
BUSY = """
from pathlib import Path
from threading import Event
print("the kernel is busy", flush=True)
while not Path("free").exists():
    Event().wait(0.01)
"""
SET = """
[picture] = [value for value in Out.values() if getattr(value, "view", "") == {name!r}]
picture.set(**{values!r})
print("moved from Python")
"""


TRANSLATOR = """
from transformer_lib import live
live.show("translator", sentence="i am happy .", word=2)
"""
WRITER = """
from transformer_lib import live
live.show_writer()
"""


def server_command(port):
    options = {
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": "",
        "ServerApp.password": "",
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "LabApp.extension_manager": "readonly",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.news_url": None,
        "LabApp.expose_app_in_browser": True,
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


@contextmanager
def jupyterlab(folder):
    """A JupyterLab server for the folder, with a home of its own, always stopped."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = folder / ".home"
    home.mkdir()
    for plugin, setting in SETTINGS.items():
        path = home / "jupyterlab_settings_dir" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    environment = os.environ | {name: str(home / name.lower()) for name in OWN}
    environment |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            server_command(port), cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield f"http://127.0.0.1:{port}/", server
        finally:
            server.send_signal(signal.SIGTERM)  # the server then ends its kernels
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def wait_until_up(page, address, server):
    """Ask until the server answers; the browser's clock makes the pauses."""
    for _ in range(600):
        assert server.poll() is None, "the server ended at once"
        try:
            urlopen(f"{address}api", timeout=5).close()
            return
        except URLError:
            page.wait_for_timeout(100)
    pytest.fail("the server never answered")


def chapter_with(picture, written, folder):
    """The chapter up to its first live picture, with cells added for these tests."""
    notebook = nbformat.read(ROOT / f"{written.name}.ipynb", as_version=4)
    shows = next(i for i, cell in enumerate(notebook.cells) if "live.show(" in cell.source)
    moved = picture["values"] | {slider(picture)["name"]: slider(picture)["minimum"]}
    name = picture["view"]
    extra = [COUNT.format(name=name), BUSY, SET.format(name=name, values=moved), TRANSLATOR, WRITER]
    notebook.cells = [*notebook.cells[: shows + 1], *map(v4.new_code_cell, extra)]
    nbformat.write(notebook, folder / "chapter.ipynb")
    code = [i for i, cell in enumerate(notebook.cells[:shows]) if cell.cell_type == "code"]
    return code, shows, moved


def slider(picture):
    return next(control for control in picture["spec"]["controls"] if control["kind"] == "slider")


class Lab:
    """The chapter open in JupyterLab; `places` are its code cells, that of its picture, and the values it is given."""

    def __init__(self, page, places):
        self.page, self.places = page, places
        page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.context", timeout=WITHIN)
        for ready in ("context.ready", "sessionContext.ready"):
            page.evaluate(f"() => window.jupyterapp.shell.currentWidget.{ready}.then(() => null)")

    def cell(self, number):
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{number}"]')

    def run(self, number):
        self.page.evaluate(
            """(number) => {
              window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
              window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            number,
        )

    def picture(self, number):
        """The live picture that the cell has shown."""
        root = self.cell(number).locator(".jp-OutputArea-output figure.live")
        root.wait_for(timeout=WITHIN)
        return root

    def printed(self, number, words):
        """Wait until the cell has printed these words."""
        printed = self.cell(number).locator(".jp-OutputArea-output", has_text=words)
        printed.wait_for(state="attached", timeout=WITHIN)


@pytest.fixture(scope="module")
def lab(browser, tmp_path_factory):
    """A chapter open in JupyterLab, once for all tests: the lab, its folder, what the page asked for."""
    folder = tmp_path_factory.mktemp("lab")
    written, picture = example()
    places = chapter_with(picture, written, folder)
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    with jupyterlab(folder) as (address, server):
        visit = watch(context, address)
        wait_until_up(page, address, server)
        page.goto(f"{address}lab/tree/chapter.ipynb?reset")
        yield Lab(page, places), folder, visit
        context.close()
    assert server.poll() is not None


def test_the_translator_is_typed_into_in_jupyterlab(lab):
    lab, _, visit = lab
    lab.run(lab.places[1] + 4)
    root = lab.picture(lab.places[1] + 4)
    written = root.locator('[data-control="word"] option')
    field, status = root.get_by_role("textbox", name="English"), root.locator(".live-status")
    assert written.all_text_contents() == ["je", "suis", "content", ".", "<eos>"]

    field.fill("")
    field.press_sequentially("she is ha")  # letters go to the field, not to JupyterLab's shortcuts
    root.get_by_role("button", name="complete with happy").click()
    field.press("End")
    field.press_sequentially(" .")
    field.press("Enter")
    # known beginnings are translated on the way; the whole sentence is what counts
    expect(written).to_have_text([*tokenise(translate("she is happy .")), "<eos>"], timeout=WITHIN)

    field.fill("she is hapy .")
    status.get_by_text("hapy").wait_for(timeout=WITHIN)
    expect(root).to_have_attribute("data-state", "error", timeout=WITHIN)
    assert written.all_text_contents()[2] == "contente"  # the last good picture stays
    assert visit.outside == []


def test_the_writer_goes_on_in_jupyterlab_and_says_what_it_cannot_read(lab):
    lab, _, visit = lab
    lab.run(lab.places[1] + 5)
    root = lab.cell(lab.places[1] + 5).locator(".jp-OutputArea-output [data-writer]")
    root.wait_for(timeout=WITHIN)
    field, status = root.get_by_role("textbox", name="A beginning"), root.locator("[data-part=status]")
    story = root.locator("[data-part=story]")

    field.fill("")
    field.press_sequentially("Ben has a")  # letters go to the field, not to JupyterLab's shortcuts
    expect(story).to_have_text(re.compile("Ben has a$"), timeout=WITHIN)
    expect(root).to_have_attribute("data-state", "ready", timeout=WITHIN)
    root.get_by_role("button", name="next", exact=True).click()
    model, subwords = load_writer()
    ids = torch.tensor([subwords.encode("Ben has a", bos=True)])
    [[taken]] = greedy_decode(model, ids, max_length=1).tolist()
    expect(story).to_have_text(
        re.compile(f"Ben has a ?{re.escape(subwords.decode([taken]))}$"), timeout=WITHIN
    )
    assert root.locator("[data-part=bars] button").count() == 10
    assert root.locator("[data-head]").count() == model.config.n_layers * model.config.n_heads

    field.fill("Ben \u2603")
    expect(status).to_contain_text("Left out, for the writer never saw them: \u2603", timeout=WITHIN)
    assert visit.outside == []


def test_python_computes_in_jupyterlab_and_a_busy_kernel_is_waited_for(lab):
    lab, folder, visit = lab
    page, calls = lab.page, folder / "calls"
    picture = example()[1]
    code, shows, moved = lab.places
    # Before anything runs, the stored still stands.
    lab.cell(shows).locator(".jp-OutputArea-output img").wait_for(state="attached", timeout=WITHIN)
    for cell in [*code, shows + 1, shows]:  # the reader changes the function, then shows the picture
        lab.run(cell)
    root = lab.picture(shows)
    hand = Hand(page, picture | {"id": root.get_attribute("data-live")})
    assert hand.state == "ready"
    assert hand.faults() == []

    # Python is called: the number of calls grows and torch's numbers come back.
    before = len(calls.read_text().splitlines())
    control = slider(picture)
    first = hand.numbers()
    hand.move(control, "keyboard")
    ready(page, root)
    assert hand.faults() == []
    assert hand.numbers() != first
    assert len(calls.read_text().splitlines()) == before + 1
    hand.move(control, "mouse")
    ready(page, root)
    assert hand.faults() == []

    # A busy kernel: waiting at once, a line after two seconds, the last good numbers stay.
    lab.run(shows + 2)
    lab.printed(shows + 2, "the kernel is busy")
    good, asked = hand.numbers(), len(calls.read_text().splitlines())
    hand.move(control, "keyboard", settle=False)
    assert hand.state == "waiting"
    assert "Waiting for the kernel" in hand.status
    root.get_by_text("The kernel is busy or gone.").wait_for(timeout=10_000)
    for _ in range(3):
        hand.move(control, "keyboard", settle=False)
    assert hand.state == "waiting"
    assert hand.numbers() == good
    wanted = hand.values()
    (folder / "free").touch()
    ready(page, root)
    assert hand.values() == wanted
    assert hand.faults() == []
    assert len(calls.read_text().splitlines()) == asked + 2  # the first wish and the newest, none between

    # Python moves the controls as well.
    lab.run(shows + 3)
    lab.printed(shows + 3, "moved from Python")
    page.wait_for_function(
        "([node, value]) => Number(node.value) === value",
        arg=[hand.control(control["name"]).locator("input").element_handle(), moved[control["name"]]],
    )
    ready(page, root)
    assert hand.values() == moved
    assert hand.faults() == []
    assert torchs(picture, moved) != torchs(picture, wanted)
    assert visit.outside == []


def ready(page, root):
    page.wait_for_function(
        "(node) => node.dataset.state === 'ready'", arg=root.element_handle(), timeout=WITHIN
    )
