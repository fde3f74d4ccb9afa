"""Who wins, each design at its best, by batch size and by time per item?"""

from analysis.maps import Maps, Panel

BEST = (
    Panel("per_million_usd", "Lowest cost, each at its cheapest knobs", "costs least", "dollars"),
    Panel("detected_s", "Known to be done first, each at its quickest", "is known first", "time"),
)
KNOBS = "its best, found by `workbench tune` for each batch, one item at a time in an invocation"
EVEN = "times are even from nothing to twice the mean"
MAPS = Maps(BEST, "Best against best", KNOBS, notes=(EVEN,))
select, draw, find, say = MAPS.select, MAPS.draw, MAPS.find, MAPS.say
