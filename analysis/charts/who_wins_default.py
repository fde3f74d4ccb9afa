"""Who wins at default knobs, which nobody has tuned, by batch size and by time per item?"""

from analysis.charts.who_wins import EVEN
from analysis.maps import Maps, Panel

MAPS = Maps(
    (
        Panel("per_million_usd", "Lowest cost at default knobs", "costs least"),
        Panel("detected_s", "Known to be done first at default knobs", "is known first"),
    ),
    "At default knobs",
    "default knobs, in smaller lots where its items are too long for these",
    notes=(EVEN,),
)
select, draw, find, say = MAPS.select, MAPS.draw, MAPS.find, MAPS.say
