"""The picture of the explorer."""

from analysis.charts.live_view import live_view


def test_lines_and_bars_show_what_was_simulated(folder, picture):
    folders = [folder("sqs", "model", 1_000_000), folder("sfn", "model", 1_000_000)]
    figure = picture(lambda figure: live_view(folders, figure))
    time, usd = figure.axes
    named = {x.get_label(): x for x in time.get_lines() if not x.get_label().startswith("_")}
    assert set(named) == {"sqs", "sfn"}
    known = [x.get_xdata()[0] for x in time.get_lines() if x.get_label() == "_known"]
    assert known == [one.run.detected_s for one in folders]
    tops = [text.get_text() for text in usd.texts]
    assert f"${folders[0].run.cost_usd:.2f}  sqs" in tops
