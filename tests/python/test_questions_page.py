# SPDX-License-Identifier: Apache-2.0
"""docs/questions.md: ten questions; the words of README.md that answer each are in the section that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def joined(text: str) -> str:
    """Without line ends, which are where a line is full."""
    return " ".join(text.split())


README = (ROOT / "README.md").read_text(encoding="utf-8")
TOP, *SECTIONS = re.split(r"^## ", README, flags=re.MULTILINE)
WHERE = {"top": TOP} | {text.partition("\n")[0]: text for text in SECTIONS}
PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
ANSWERS = re.findall(r"^\| (.+\?) \| \"(.+)\" \| (.+) \|$", PAGE, re.MULTILINE)


def test_there_are_ten():
    assert len(ANSWERS) == len({question for question, _, _ in ANSWERS}) == 10


@pytest.mark.parametrize(("question", "words", "where"), ANSWERS, ids=[question for question, _, _ in ANSWERS])
def test_readme_answers(question, words, where):
    assert joined(words) in joined(WHERE[where]), f"README, {where!r}, no longer answers: {question}"


def test_what_the_first_hour_needs_is_there():
    assert joined(re.search(r'README: "(.+)"', PAGE)[1]) in joined(README)
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert contributing.partition("|---|---|\n")[2].startswith("| an option of the operation |")
