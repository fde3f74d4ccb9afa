"""Our clock is taken as AWS's own unless it is clearly wrong."""

from email.utils import formatdate

import pytest

from workbench.targets.aws.timeouts import Clock

NOW = 1_795_000_000.0


@pytest.mark.parametrize(("ahead_s", "skew_s"), [(0, 0), (1, 0), (-2, 0), (100, 100), (-60, -60)])
def test_a_small_difference_is_the_headers_and_a_large_one_is_ours(ahead_s, skew_s):
    headers = {"date": formatdate(NOW + ahead_s, usegmt=True)}
    answer = {"ResponseMetadata": {"HTTPHeaders": headers}}
    assert Clock(now=lambda: NOW).skew_s(answer, NOW) == pytest.approx(skew_s, abs=1)
    assert Clock(now=lambda: NOW, trusted=True).skew_s(answer, NOW) == 0


def test_an_answer_without_a_date_tells_nothing():
    assert Clock(now=lambda: NOW).skew_s({"ResponseMetadata": {}}, NOW) == 0
