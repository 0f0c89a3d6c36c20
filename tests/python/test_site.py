# SPDX-License-Identifier: Apache-2.0
"""docs/ is a site (mkdocs.yml): every page is found, every link leads somewhere, and nothing comes from the network."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OF_THE_SITE = ("mkdocs.yml", "docs", "setup", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
OUTSIDE = ("simulator/README.md", "simulator/launcher/README.md", "tests/protocol/README.md")
MISSING = importlib.util.find_spec("material") is None

pytestmark = pytest.mark.skipif(MISSING, reason="./test or setup/site.sh installs mkdocs-material")

# mkdocs in a process that has no network.
WITHOUT_NETWORK = """
import socket, sys

def refuse(*arguments, **keywords):
    raise OSError("the site is built without the network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from mkdocs.__main__ import cli
cli(sys.argv[1:])
"""


def build(root: Path, target: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", WITHOUT_NETWORK, "build", "--strict", "--site-dir", str(target)]
    return subprocess.run(
        command,
        cwd=root,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("site")
    done = build(ROOT, target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return target


def test_it_is_built_without_a_warning(site):
    assert "the memory" in (site / "memory-limit.html").read_text(encoding="utf-8")
    assert "No hardware was at hand" in (site / "index.html").read_text(encoding="utf-8")


def test_pages_fetch_nothing(site):
    """What a browser loads by itself: scripts, styles, fonts and pictures, but no links that are followed by hand."""
    loaded = r"<(?:script|img|iframe|source)[^>]*\bsrc=[\"']?(https?:)?//|<link[^>]*\bhref=[\"']?(https?:)?//"
    for page in site.rglob("*.html"):
        assert not re.findall(loaded, page.read_text(encoding="utf-8")), page


def test_names_of_pages_are_links(site):
    assert '<a href="limits.html">' in (site / "accuracy.html").read_text(encoding="utf-8")
    assert '<a href="simulator.html">' in (site / "reliability.html").read_text(encoding="utf-8")


def test_docstrings_are_in_it(site):
    text = (site / "api.html").read_text(encoding="utf-8")
    assert "zero_centered_gamma (bool): gamma + 1 is the factor." in text
    assert ":::" not in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[a](nowhere.md)", "nowhere.md"),
        ("[a](limits.md#nothing-of-that-name)", "nothing-of-that-name"),
        ("as `nowhere.md` says", "speaks of nowhere.md"),
        ("![a](pictures/none.svg)", "none.svg"),
        ("::: layernorm_fused_rm.nothing", "nothing"),
    ],
)
def test_what_leads_nowhere_is_found(line, words, tmp_path):
    for name in OF_THE_SITE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tmp_path / name)
    for name in OUTSIDE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    with (tmp_path / "docs" / "why.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{line}\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode != 0 and words in done.stderr, done.stderr


@pytest.mark.parametrize(("preset", "is_installed"), [("", False), ("dev", True)])
def test_who_only_runs_the_demo_downloads_none_of_it(preset, is_installed):
    """The steps of the set-up by name: ./demo, ./run and ./bench have no preset, ./test has one."""
    stubs = 'step() { echo "step $1"; }; ensure_debian_packages() { :; }'
    script = f'source setup/environment.sh; {stubs}; prepare_environment simulator "{preset}"'
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "step Python packages" in done.stdout, done.stderr
    assert ("step site packages" in done.stdout) == is_installed
