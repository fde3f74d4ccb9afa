"""Who wins, each design at its best: of runs at knobs that were found for them alone."""

from analysis.charts import who_wins, who_wins_default, who_wins_tail


def test_dollars_are_of_the_knobs_best_in_dollars_and_time_of_those_best_in_time(frames):
    chosen = who_wins.select(frames)
    dollars, time = (panel.of(chosen.runs) for panel in who_wins.BEST)
    assert set(dollars["setting"]) == {"best in dollars"}
    assert set(time["setting"]) == {"best in time"}
    assert len(dollars) + len(time) == len(chosen.runs)


def test_even_times_heavy_tails_and_default_knobs_are_pictures_of_different_runs(frames):
    picked = [one.select(frames).runs for one in (who_wins, who_wins_tail, who_wins_default)]
    ids = [set(runs["run_id"]) for runs in picked]
    assert len(set.union(*ids)) == sum(map(len, ids))
    assert [runs["knobs"].map(lambda k: bool(k["durations"])).mean() for runs in picked] == [
        0,
        1,
        0,
    ]
    assert picked[2]["best_in"].isna().all()


def test_the_picture_says_at_which_knobs(picture):
    def said(name):
        return " ".join(picture(name)._supxlabel.get_text().split())

    assert "Each design at its best, found by `workbench tune`" in said("who_wins")
    assert "99th percentile eight times the median" in said("who_wins_tail")
    assert "Each design at default knobs" in said("who_wins_default")
