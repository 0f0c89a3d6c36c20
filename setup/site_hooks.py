# SPDX-License-Identifier: Apache-2.0
"""What mkdocs does for docs/ besides its own (mkdocs.yml): pages that lie elsewhere in the repository are shown as they
are, the name of a page in backticks is a link to it, and a line `::: package.name` is that function's docstring.

So a fact stands in one file, which reads well without the site too.
"""

from __future__ import annotations

import importlib
import inspect
import logging
import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
# Of each page that is not in docs/: where it lies.
ELSEWHERE = {
    "index.md": "README.md",
    "protocol.md": "tests/protocol/README.md",
    "simulator.md": "simulator/README.md",
    "launcher.md": "simulator/launcher/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
_FENCE = re.compile(r"^\s*(```|~~~)")
_NAME = re.compile(r"(?<!\[)`([\w./-]+\.md)`")
_DOCSTRING = re.compile(r"::: (\w+)\.([\w.]+)$")
_log = logging.getLogger("mkdocs.hooks.site")


def on_files(files, config):
    for uri, path in ELSEWHERE.items():
        files.append(File.generated(config, uri, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown, page, config, files):
    uri = page.file.src_uri
    if uri in ELSEWHERE:
        markdown = markdown.replace("](docs/", "](")
    lines, is_code = [], False
    for line in markdown.split("\n"):
        docstring = _DOCSTRING.match(line)
        if docstring:
            lines.append(_describe(*docstring.groups(), uri))
            continue
        is_code ^= bool(_FENCE.match(line))
        lines.append(
            line if is_code or line.startswith("    ") else _NAME.sub(lambda name: _link(name, uri, files), line)
        )
    return "\n".join(lines)


def _link(name: re.Match, uri: str, files) -> str:
    """A name in backticks as a link, if it is that of a page; else it must be that of a file."""
    target = _page_named(name[1], uri, files)
    if target is not None:
        return f"[{name[0]}]({posixpath.relpath(target, posixpath.dirname(uri) or '.')})"
    if not (ROOT / name[1]).is_file():
        _log.warning("%s speaks of %s, which is not there", uri, name[1])
    return name[0]


def _page_named(name: str, uri: str, files) -> str | None:
    """Pages are called by their place in the repository, in docs/, or beside the page that speaks of them."""
    in_repository = {path: page for page, path in ELSEWHERE.items()}
    if name in in_repository:
        return in_repository[name]
    for candidate in (name.removeprefix("docs/"), posixpath.join(posixpath.dirname(uri), name)):
        if candidate not in ELSEWHERE and files.get_file_from_path(candidate) is not None:
            return candidate
    return None


def _describe(package: str, name: str, uri: str) -> str:
    """Signature and docstring, word for word. (mkdocstrings reads sources only, and the operations' docstrings are put to
    them when the package is imported.)"""
    found = importlib.import_module(package)
    try:
        for part in name.split("."):
            found = getattr(found, part)
    except AttributeError as error:
        _log.warning("%s wants a docstring that is not there: %s", uri, error)
        return ""
    try:
        arguments = str(inspect.signature(found))
    except (TypeError, ValueError):  # of a function in C++, whose docstring begins with it
        arguments = ""
    return f"### {package}.{name}\n\n```text\n{name.rpartition('.')[2]}{arguments}\n\n{inspect.getdoc(found)}\n```"
