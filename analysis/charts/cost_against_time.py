"""What does a faster batch cost? Every setting of a sweep, and those that none other beats."""

from analysis.charts import Chart
from analysis.clouds import Plane

PLANE = Plane(
    x="detected_s",
    y="per_million_usd",
    x_label="time until the batch is known to be done",
    y_label="dollars per million items",
    room=1.2,
    subject="a batch",
)
CHART = Chart(
    "cost_against_time",
    "What does a faster batch cost?",
    PLANE.select,
    PLANE.draw,
    PLANE.say,
    panels=1,
    panel_in=4.2,
)
