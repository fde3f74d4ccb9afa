"""What does coordination cost, and how late do we know that a batch is done?

A dot for each setting of a sweep.
"""

from analysis.clouds import Plane

HEIGHT_IN = 6.4  # of the panel
PLANE = Plane(
    x="detection_lag_s",
    y="coordination_per_million_usd",
    x_label="delay from the last item to knowing",
    y_label="dollars for dispatch and knowing, per million items",
    room=1.5,
    subject="coordination",
)
select, draw, say = PLANE.select, PLANE.draw, PLANE.say
