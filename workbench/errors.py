"""What can go wrong, as a tree. Each error says the value, the limit and what to do next.

WorkbenchError
├── BadInput         the caller asked for something that cannot work; exit code 2
│   └── BadKnob      a knob is out of AWS's limits or cannot work with another
├── NotDeployed      the stack is missing, half deployed or of another version
├── BudgetExceeded   a forecast or a running batch passes the dollars allowed
├── Incomplete       the batch did not finish; what is known is in the run folder
├── NotKept          a run has ended and its folder could not be written
├── BadRecord        a run folder, price book or pull is damaged or of another schema
├── MissingPrice     a usage line has no price; it is never billed as zero
└── PullFailed       CloudWatch or Cost Explorer gave no answer that can be used
"""

import errno
from reprlib import Repr

ITEMS_FAILED = 3  # exit code of a command that is done, with items that failed


ADVICE = {  # by what the system says
    errno.ENOSPC: "Make room, then run the same command again.",
    errno.EDQUOT: "Make room in your quota, then run the same command again.",
    errno.EFBIG: "Raise the limit on the size of files (`ulimit -f`), then run it again.",
    errno.EROFS: "Name a folder that can be written.",
    errno.EACCES: "Name a place that you may read and write.",
    errno.EPERM: "Name a place that you may read and write.",
    errno.ENOENT: "Look whether the place is there, and no link that leads nowhere.",
    errno.ENOTDIR: "Name a folder, not a file.",
    errno.EISDIR: "Name a file, not a folder.",
    errno.EEXIST: "Name another place, or move what lies there.",
    errno.ELOOP: "Name a place whose links do not lead in a circle.",
    errno.ENAMETOOLONG: "Give it a shorter name.",
    errno.EMFILE: "Raise the limit on open files (`ulimit -n`), then run it again.",
    errno.ENOMEM: "Take fewer items, or free memory, then run it again.",
}
LOOK = "Look at the disk and the folder, then run the same command again."


def refusal(error: OSError) -> str:
    """What the system refused, and what to do about it, in one line."""
    where = f"{error.filename}: " if error.filename else ""
    why = " ".join(str(error.strerror or error).split())
    return f"{where}{why}. {ADVICE.get(error.errno or 0, LOOK)}"


def shown(value: object) -> str:
    """A value in an error: on one line, and short whatever it is."""
    short = Repr()
    short.maxlevel = 2
    short.maxstring = short.maxother = short.maxlong = 60
    try:
        return " ".join(short.repr(value).split())
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a number of thousands of digits"


class WorkbenchError(Exception):
    """Any error that a user can act on; printed without a traceback."""

    exit_code = 1


class BadInput(WorkbenchError):
    """Refused before anything ran."""

    exit_code = 2


class BadKnob(BadInput):
    """A knob's value, its limit, and what to do."""

    def __init__(self, knob: str, value: object, limit: str, advice: str = "") -> None:
        self.knob = knob
        super().__init__(knob, shown(value), limit, advice)  # so one process can hand it to another
        self._text = f"{knob}={shown(value)}: {limit}." + (f" {advice}" if advice else "")

    def say_also(self, more: str) -> None:
        """Add what only its catcher knows."""
        self._text += f" {more}"

    def __str__(self) -> str:
        return self._text


class NotDeployed(WorkbenchError):
    """The stack that a run needs is not there as it should be."""

    exit_code = 2


class BudgetExceeded(WorkbenchError):
    """More dollars than `--max-usd` allows."""


class Incomplete(WorkbenchError):
    """A batch that did not finish."""


class NotKept(WorkbenchError):
    """A run has ended, and the system refused to write its folder."""


class BadRecord(WorkbenchError):
    """A stored file that cannot be read as what it should be."""


class MissingPrice(WorkbenchError):
    """No price for a usage line."""


class PullFailed(WorkbenchError):
    """AWS refused what was asked of it, or answered with less than the whole."""
