"""The film of the made-up study: its data, and a shortened one."""

import pytest

from analysis import theme
from analysis.film import making, pace
from analysis.film.reel import reel_of


@pytest.fixture(scope="session")
def reel(frames):
    """The whole film's data."""
    return reel_of(frames, theme.DARK)


@pytest.fixture
def short(monkeypatch):
    """Makes films of half a second."""
    for name, seconds in (
        ("START_S", 0.05),
        ("WORK_S", 0.2),
        ("UNKNOWN_S", 0.1),
        ("STOP_S", 0.02),
        ("HOLD_S", 0.1),
    ):
        monkeypatch.setattr(pace, name, seconds)
    monkeypatch.setattr(making, "CARD_S", 0.1)
