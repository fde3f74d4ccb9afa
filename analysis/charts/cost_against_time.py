"""What does a faster batch cost?

A dot for each setting of a sweep.
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
    found="{items} items are done in {time} with {design}, for {usd} a million",
    read="",
)
select, find, draw, say = PLANE.select, PLANE.find, PLANE.draw, PLANE.say
