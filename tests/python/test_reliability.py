# SPDX-License-Identifier: Apache-2.0
"""The page of reliability is not written from a failure or from a number that is not there."""

from __future__ import annotations

import pytest

import reliability


@pytest.mark.parametrize("text", ["131 found", "131 mutations, 131 found, 0 not; 131 mutations, 131 found, 0 not"])
def test_a_number_that_is_missing_or_there_twice_ends_it(text):
    with pytest.raises(SystemExit, match="nothing was written"):
        reliability.numbers(r"(\d+) mutations, (\d+) found", text)


def test_a_program_that_fails_ends_it():
    with pytest.raises(SystemExit, match="status 1"):
        reliability.output_of("false")


@pytest.mark.parametrize(
    "content, reason",
    [("<failure/>", "had failures"), ("<error/>", "had failures"), ("<skipped/>", "no test of tests/device passed")],
)
def test_results_with_a_failed_test_end_it(tmp_path, monkeypatch, content, reason):
    case = f'<testcase classname="tests.device.test_shapes" name="any">{content}</testcase>'
    (tmp_path / "whole-run.xml").write_text(f"<testsuites><testsuite>{case}</testsuite></testsuites>")
    monkeypatch.setattr(reliability, "LOGS", tmp_path)
    with pytest.raises(SystemExit, match=reason):
        reliability.tests_passed()


def test_a_cpp_tests_output_is_read_from_the_whole_run_where_it_passed(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "LOGS", tmp_path)
    section = "1/2 Testing: protocol.{0}\n1/2 Test: protocol.{0}\nOutput:\n-----\n{0} 7\n<end of output>\nTest {1}.\n"
    log = section.format("mutations", "Failed") + section.format("plans", "Passed")
    (tmp_path / "whole-run.ctest.log").write_text(log)
    assert "plans 7" in reliability.output_of_test("protocol.plans")
    with pytest.raises(SystemExit, match="nothing was written"):
        reliability.output_of_test("protocol.mutations")


def test_without_results_of_these_sources_it_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "LOGS", tmp_path)
    with pytest.raises(SystemExit, match="no whole ./test"):
        reliability.tested_commit()
    (tmp_path / "whole-run.commit").write_text("0123456789abcdef")
    monkeypatch.setattr(reliability, "git", lambda *words: "src/plan.cpp")
    with pytest.raises(SystemExit, match="no longer those"):
        reliability.tested_commit()


def test_a_soak_counts_until_the_sources_that_it_tried_change(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "LOGS", tmp_path)
    changed = []
    monkeypatch.setattr(reliability, "git", lambda *words: "\n".join(changed))
    (tmp_path / "ctest-soak.log").write_text("1000000 plans")
    assert reliability.soak() == ("", "")  # without a commit it did not pass
    (tmp_path / "ctest-soak.commit").write_text("0123456789abcdef\n")
    assert reliability.soak() == ("0123456789abcdef", "1000000 plans")
    changed.append("src/plan.cpp")
    assert reliability.soak() == ("", "")
