"""Who wins, each design at its best, where the times of items have a heavy tail?"""

from analysis.charts.who_wins import BEST, KNOBS
from analysis.maps import Maps

TAIL = "lognormal times, the 99th percentile eight times the median, cut at the 99.999th"
MAPS = Maps(BEST, "Best against best with a heavy tail", KNOBS, told=True, notes=(TAIL,))
select, draw, find, say = MAPS.select, MAPS.draw, MAPS.find, MAPS.say
