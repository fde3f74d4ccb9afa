"""The two shapes of the film and where things lie in them, in pixels."""

from dataclasses import dataclass

from analysis.film.dots import homes_of

GAP = 12  # between a line of text and what lies below
CLOCK_WIDTH, CLOCK_HEIGHT = 440, 90  # what the clock takes
ZONES = ("waiting", "at work", "done")


@dataclass(frozen=True)
class Shape:
    """A size of picture with its margins of 5 %, and a grid of cells, one a design."""

    name: str
    width: int
    height: int
    across: int  # cells side by side
    columns: int  # of dots in a zone
    rows: int
    title: int  # size of text
    clock_below: bool = False  # rather than at the right of the title
    text: int = 30
    pitch: int = 8  # from dot to dot
    dot: int = 6
    between: int = 48  # cells

    @property
    def left(self) -> int:
        """Where the safe part begins."""
        return self.width // 20

    @property
    def top(self) -> int:
        """Where the safe part begins."""
        return self.height // 20

    @property
    def room(self) -> int:
        """How wide the safe part is."""
        return self.width - 2 * self.left

    @property
    def title_room(self) -> int:
        """How wide the title may be."""
        return self.room - (0 if self.clock_below else CLOCK_WIDTH)

    @property
    def below_title(self) -> int:
        """Where the line below the title stands."""
        return self.top + self.title + 14 + (CLOCK_HEIGHT if self.clock_below else 0)

    @property
    def rate_top(self) -> int:
        """Where the clock's rate stands, at the right."""
        return self.clock[0][1] + 34 if self.clock_below else self.below_title

    @property
    def clock(self) -> tuple[tuple[int, int], bool]:
        """Where the clock stands, and whether that is its right end."""
        if self.clock_below:
            return (self.left, self.top + self.title + 12), False
        return (self.left + self.room, self.top - 8), True

    @property
    def cells_top(self) -> int:
        """Where the first cell begins, below the title."""
        return self.below_title + self.text + 26

    @property
    def cell_width(self) -> int:
        """How wide a cell is."""
        return (self.room - (self.across - 1) * self.between) // self.across

    @property
    def zone_width(self) -> int:
        """How wide a zone of dots is."""
        return self.columns * self.pitch - (self.pitch - self.dot)

    @property
    def zone_height(self) -> int:
        """How high a zone of dots is."""
        return self.rows * self.pitch - (self.pitch - self.dot)


WIDE = Shape("film", 1920, 1080, across=2, columns=33, rows=31, title=52)
TALL = Shape("film-tall", 1080, 1920, 1, columns=39, rows=26, title=46, clock_below=True)
SHAPES = (WIDE, TALL)


@dataclass(frozen=True)
class Cell:
    """Where one design lies: its name and bill, three zones of dots, and the line below."""

    shape: Shape
    left: int
    top: int

    @property
    def labels_top(self) -> int:
        """Where the zones' names and numbers stand."""
        return self.top + 54

    @property
    def dots_top(self) -> int:
        """Where the dots begin."""
        return self.labels_top + self.shape.text + GAP

    @property
    def below(self) -> int:
        """Where the line below the dots stands."""
        return self.dots_top + self.shape.rows * self.shape.pitch + 6

    @property
    def right(self) -> int:
        """Where the cell ends."""
        return self.left + self.shape.cell_width

    def zone_left(self, number: int) -> int:
        """Where a zone begins."""
        free = self.shape.cell_width - self.shape.zone_width
        return self.left + round(number * free / (len(ZONES) - 1))

    def homes(self) -> tuple:
        """The places of the dots in each zone."""
        lefts = [self.zone_left(number) for number in range(len(ZONES))]
        return homes_of(self.shape.columns, self.shape.rows, self.shape.pitch, lefts, self.dots_top)


def cells(shape: Shape, count: int, bottom: int) -> list[Cell]:
    """A cell a design, in lines that share the room above `bottom`."""
    lines = -(-count // shape.across)
    step = (bottom - shape.cells_top) // max(lines, 2)
    return [
        Cell(
            shape,
            shape.left + number % shape.across * (shape.cell_width + shape.between),
            shape.cells_top + number // shape.across * step,
        )
        for number in range(count)
    ]
