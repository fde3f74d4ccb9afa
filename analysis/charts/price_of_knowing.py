"""What does knowing cost, and how late does it come? A dot for each setting of a sweep."""

from analysis.charts import Chart
from analysis.clouds import Plane

PLANE = Plane(
    x="detection_lag_s",
    y="knowing_per_million_usd",
    x_label="delay from the last item to knowing",
    y_label="dollars for knowing, per million items",
    room=1.5,
    subject="knowing",
)
CHART = Chart(
    "price_of_knowing",
    "What does it cost to know that a batch is done, and how late do we know?",
    PLANE.select,
    PLANE.draw,
    PLANE.say,
    panels=1,
    panel_in=4.2,
)
