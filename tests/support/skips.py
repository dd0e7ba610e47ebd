"""A skipped test fails the run unless its reason stands in `[tool.fonds] allowed_skips` of pyproject.toml."""

import tomllib
from pathlib import Path

import pytest

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


class RefuseSkips:
    def __init__(self) -> None:
        tool = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]
        self.allowed: list[str] = tool["fonds"]["allowed_skips"]
        self.refused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self._judge(report.nodeid, self._reason(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._judge(report.nodeid, self._reason(report))

    def _reason(self, report: pytest.TestReport | pytest.CollectReport) -> str:
        expected_failure = getattr(report, "wasxfail", None)
        if expected_failure is not None:
            return f"xfail: {expected_failure}"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        return reason.removeprefix("Skipped: ")

    def _judge(self, test: str, reason: str) -> None:
        if reason not in self.allowed:
            self.refused.append(f"{test}: {reason}")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.section("skipped without being on the list of pyproject.toml", red=True)
            for line in self.refused:
                terminalreporter.line(line)
