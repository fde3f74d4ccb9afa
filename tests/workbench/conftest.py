"""What tests of the command line share."""

import pytest


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
