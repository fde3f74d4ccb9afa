"""What does coordination cost, and how late do we know that a batch is done?

A dot for each setting of a sweep.
"""

from analysis.clouds import Plane

HEIGHT_IN = 4.6  # of the panel
PLANE = Plane(
    x="detection_lag_s",
    y="coordination_per_million_usd",
    x_label="delay from the last item to knowing",
    y_label="coordination, dollars per million items",
    room=1.5,
    subject="coordination",
    found="{design} knows {time} after the last item, for {usd} of coordination a million items",
    read="coordination is dispatching and knowing",
)
select, find, draw, say = PLANE.select, PLANE.find, PLANE.draw, PLANE.say
