"""What does a faster batch cost?

Every setting of a sweep, and those that none other beats.
"""

from analysis.clouds import Plane

HEIGHT_IN = 4.2  # of the panel
PLANE = Plane(
    x="detected_s",
    y="per_million_usd",
    x_label="time until the batch is known to be done",
    y_label="dollars per million items",
    room=1.2,
    subject="a batch",
)
select, draw, say = PLANE.select, PLANE.draw, PLANE.say
