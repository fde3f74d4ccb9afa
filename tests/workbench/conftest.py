"""What tests of the command line share."""

from datetime import date

import pytest


@pytest.fixture(autouse=True)
def now(monkeypatch):
    """Commands take it for the day on which the shipped price book is young."""
    monkeypatch.setattr("workbench.cli.terms.today", lambda: date(2026, 11, 29))


@pytest.fixture
def command(monkeypatch, capsys):
    """Run the command line; its exit code, output and errors."""
    from workbench.cli import app as cli

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["workbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            cli.main()
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run
