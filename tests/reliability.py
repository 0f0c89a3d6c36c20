# SPDX-License-Identifier: Apache-2.0
"""Measures how reliable the operation is and writes docs/reliability.md:

    ./test --all && ./run python tests/reliability.py [--executions N] [--ttsim VERSION]

Reads the numbers of the tests, the protocol proof's among them, from what a whole `./test --all` of the same sources left,
and runs what it does not: programs that measure, sanitizers. The plans and problems of the last `./test --soak` count as
long as the sources that they try are unchanged. Nothing is written if a program fails or a number is missing.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from host_process import HostProcess, changed_kernels, wait_until

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.measure import OUR_SOURCES, sources_now  # noqa: E402

BUILT = ROOT / "build" / "dev" / "tests"
LOGS = ROOT / ".cache" / "logs"
# What a soak tries: the planner, and the kernels with what proves them.
SOAKED_SOURCES = ("src", "include", "python/layernorm_fused_rm/kernels", "tests/protocol", "tests/fuzz")
PAGE = ROOT / "docs" / "reliability.md"
SANITIZERS = {"sanitize": "AddressSanitizer and UBSan", "thread-sanitize": "ThreadSanitizer"}


@dataclass(frozen=True)
class Line:
    """One line of the page's table."""

    what: str
    number: str
    command: str


def fail(reason: str) -> None:
    sys.exit(f"reliability: {reason}; nothing was written")


def output_of(*command: str | Path) -> str:
    """What a command prints, shown while it runs; it has to succeed."""
    words = [str(word) for word in command]
    print("+", *words, flush=True)
    lines = []
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout:
            lines.append(line)
            print("  " + line, end="", flush=True)
    if process.returncode != 0:
        fail(f"{' '.join(words)} ended with status {process.returncode}")
    return "".join(lines)


def numbers(pattern: str, text: str) -> list[str]:
    """The groups of the one place that fits."""
    found = re.findall(pattern, text)
    if len(found) != 1:
        fail(f"{len(found)} places instead of one say {pattern!r}")
    return list(found[0]) if isinstance(found[0], tuple) else [found[0]]


def thousands(number: str | int) -> str:
    return f"{int(number):,}"


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def tested_commit() -> str:
    """The commit of the last whole `./test --all`, if the sources are still those; pages and this program may differ."""
    note = LOGS / "whole-run.commit"
    if not note.is_file():
        fail("no whole ./test --all of a commit without changes has passed; run ./test --all first")
    commit = note.read_text().strip()
    changed = git("diff", "--name-only", commit, "--", ".", ":!docs", ":!*.md", ":!tests/reliability.py")
    if changed:
        fail(f"these files are no longer those that ./test --all tested: {changed.split()}")
    return commit


def soak() -> tuple[str, str]:
    """The commit of the last soak that passed and what it printed; nothing if its sources have changed since."""
    note = LOGS / "ctest-soak.commit"
    commit = note.read_text().strip() if note.is_file() else ""
    if not commit or git("diff", "--name-only", commit, "--", *SOAKED_SOURCES):
        return "", ""
    return commit, (LOGS / "ctest-soak.log").read_text()


def count_cases(results: str) -> tuple[list[ElementTree.Element], int]:
    """Passed tests of a file of results of the last whole `./test --all`, and how many were skipped; none may have failed."""
    if not (LOGS / results).is_file():
        fail(f"./test --all left no {results}")
    cases = list(ElementTree.parse(LOGS / results).iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    if failed:
        fail(f"./test --all had failures: {failed}")
    passed = [case for case in cases if case.find("skipped") is None]
    return passed, len(cases) - len(passed)


def tests_passed() -> tuple[int, int]:
    """Passed tests of the last whole `./test --all`, of tests/device and of all in Python."""
    passed, _ = count_cases("whole-run.xml")
    on_device = [case for case in passed if case.get("classname", "").startswith("tests.device.")]
    if not on_device:
        fail("no test of tests/device passed")
    return len(on_device), len(passed)


def output_of_test(name: str) -> str:
    """What a C++ test printed in the last whole `./test --all`, where it passed."""
    log = (LOGS / "whole-run.ctest.log").read_text(errors="replace")
    sections = "\n".join(part for part in re.split(r"(?m)^\d+/\d+ (?=Testing: )", log) if "\nTest Passed." in part)
    (output,) = numbers(rf"(?s)Testing: {re.escape(name)}\n(.*?)\nTest Passed\.", sections)
    return output


def protocol_lines() -> list[Line]:
    soaked, swept = soak()
    name, plans = ("protocol.soak", 1_000_000) if soaked else ("protocol.plans", 20_000)
    swept = swept or output_of_test(name)
    plans_run, configurations, cores, rows = numbers(
        r"(\d+) plans of (\d+) configurations: .*; (\d+) cores, (\d+) rows", swept
    )
    (failures,) = numbers(r"(\d+) failures, \d+ s \(", swept)
    of, found, missed = numbers(r"(\d+) mutations, (\d+) found, (\d+) not", output_of_test("protocol.mutations"))
    states = re.findall(r"(\d+) states of \d+ cores, nothing found", output_of_test("protocol.every_schedule"))
    if int(plans_run) != plans or int(failures) or int(missed) or of != found or not states:
        fail("the protocol proof is not complete")
    sweep = f"{thousands(plans_run)}, of {configurations} sets of arguments, {thousands(cores)} cores, {thousands(rows)} rows"
    return [
        Line("random plans whose protocol is proved, without a finding", sweep, _command(name, soaked)),
        Line(
            "states of small cases whose cores share rows or vectors, under every schedule",
            f"{thousands(sum(map(int, states)))}, of {len(states)} cases",
            "./test --all, protocol.every_schedule",
        ),
        Line("broken kernels and plans that the proof finds", f"{found} of {of}", "./test --all, protocol.mutations"),
    ]


def arithmetic_line() -> Line:
    output_of(BUILT / "arithmetic" / "arithmetic_test", "--gtest_brief=1")
    report = output_of(BUILT / "arithmetic" / "arithmetic_test", "--report")
    totals = [
        numbers(rf"everything +all +{input} -> {output} +(\d+) +(\d+) +([\d.]+) % +(\d+) ", report)
        for output in ("bf16", "fp32")
        for input in ("bf16", "fp32")
    ]
    rows, elements = (sum(int(total[column]) for total in totals) for column in (0, 1))
    to_bfloat16 = totals[:2]
    share, ulp = min(float(total[2]) for total in to_bfloat16), max(int(total[3]) for total in to_bfloat16)
    text = f"{thousands(rows)} ({thousands(elements)} elements; to bfloat16 {share:.4f} % correctly rounded, at most {ulp} ULP off)"
    return Line("rows interpreted on the host, compared with float64", text, "arithmetic_test --report")


def fuzz_line(executions: int) -> Line:
    soaked, report = soak()
    if soaked:
        words = ["--executions", "10000000", "--seed", "2"]
    else:
        words = ["--executions", str(executions)]
        report = output_of(BUILT / "fuzz" / "plan_random_problems", *words)
    done, plans, refusals = numbers(
        r"plan fuzz: (\d+) executions .*: (\d+) plans, (\d+) refusals .*, all sound", report
    )
    text = f"{thousands(done)}: {thousands(plans)} sound plans, {thousands(refusals)} proper refusals"
    command = " ".join(["plan_random_problems", *words]) + (f", by ./test --soak of {soaked[:12]}" if soaked else "")
    return Line("arbitrary problems given to the planner", text, command)


def _command(test: str, soaked: str) -> str:
    """As it stands on the page, with the soak's commit."""
    return f"./test --soak of {soaked[:12]}, {test}" if soaked else f"./test --all, {test}"


def sanitizer_line(preset: str) -> Line:
    output_of("cmake", "--preset", preset)
    output_of("cmake", "--build", "--preset", preset, "--parallel", "2")
    report = output_of("ctest", "--preset", preset)
    failed, of = numbers(r"tests passed, (\d+) tests failed out of (\d+)", report)
    if int(failed):
        fail(f"{failed} tests failed with preset {preset}")
    return Line(f"C++ tests passed with {SANITIZERS[preset]}", of, f"ctest --preset {preset}")


def vendor_lines(version: str) -> list[Line]:
    """The device's tests on Tenstorrent's own simulator, of which the user says the version, of the same run."""
    passed, skipped = count_cases("whole-run.vendor.xml")
    what = f"device tests passed on Tenstorrent's simulator, ttsim {version}, unmodified"
    number = f"{len(passed)}; {skipped} skipped, which need cycles, poison, traffic or reports of a hang"
    return [Line(what, number, "LAYERNORM_TTSIM=... ./test --all")]


def hang_lines() -> list[Line]:
    """A kernel without one push, run on the simulated device until the report of what it waits for.

    Twice: the first time, its kernels are compiled too.
    """
    with tempfile.TemporaryDirectory() as folder:
        kernels = changed_kernels(Path(folder), "dataflow/rows.hpp", "cb_push_back(kInput, pages);", "")
        seconds = [seconds_to_report(kernels, Path(folder) / "log") for _ in range(2)]
        log = (Path(folder) / "log").read_text(errors="replace")
    if 'buffer 0 "input rows"' not in log or "compute.cpp" not in log:
        fail(f"the report of a hang does not name who waits for what:\n{log}")
    (own,) = numbers(r"from the last progress to this report: ([\d.]+) s", log)
    command = "tests/reliability.py, a reader without its push, [24 x 96]"
    return [
        Line("seconds from the call to the report of a hang", f"{seconds[1]:.1f}", command),
        Line("the same when kernels have to be compiled first", f"{seconds[0]:.1f}", command),
        Line("of these, from the last progress to the report (simulator's processor time)", own, command),
    ]


def seconds_to_report(kernels: Path, log: Path) -> float:
    process = HostProcess((24, 96), log, kernels).start()
    try:
        process.await_output("started")
        seconds = wait_until(
            lambda: "from the last progress to this report" in process.output(), "the report of a hang"
        )
        if process.wait() == 0:
            fail("a hang ended with status 0")
    finally:
        process.end()
    print(f"hang reported after {seconds:.1f} s", flush=True)
    return seconds


def write_page(lines: list[Line], commit: str, words: list[str]) -> None:
    version = importlib.metadata.version("layernorm_fused_rm")
    command = " ".join(["./run python tests/reliability.py", *words])
    table = "\n".join(f"| {line.what} | {line.number} | `{line.command}` |" for line in lines)
    PAGE.write_text(f"""# Reliability

Version {version}, commit {commit[:12]}, measured on {datetime.date.today():%Y-%m-%d}. Every number on this page was
read from the program named beside it. This writes the page: `./test --all`, then
`{command}`.

Sources: {sources_now(OUR_SOURCES)}

| what | number | from |
|---|---|---|
{table}

What the proof covers and what it does not: `tests/protocol/README.md`. No hardware was at hand: device tests ran on the
simulated device (`simulator/README.md`).
""")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--ttsim", metavar="VERSION", help="of Tenstorrent's simulator, if LAYERNORM_TTSIM named it for that run"
    )
    parser.add_argument("--executions", type=int, default=200_000, help="arbitrary problems for the planner")
    options = parser.parse_args()
    commit = tested_commit()
    on_device, all_passed = tests_passed()
    lines = protocol_lines()
    lines += [
        arithmetic_line(),
        Line("tests passed on the simulated device", thousands(on_device), "./test --all"),
        Line("tests passed in Python, those included", thousands(all_passed), "./test --all"),
        fuzz_line(options.executions),
    ]
    lines += [sanitizer_line(preset) for preset in SANITIZERS]
    lines += hang_lines()
    if options.ttsim:
        lines += vendor_lines(options.ttsim)
    write_page(lines, commit, sys.argv[1:])


if __name__ == "__main__":
    main()
