"""Bills of one run side by side, line by line: metered, modelled, billed by AWS.

What AWS bills of a run's hours or days, under the design's tag in Cost Explorer or for the stack's
parts in a data export, is the run's and that of the stack, which stands meanwhile: idle polls, the
alarm, what is kept. The stack's part is taken off first and stands apart. It never takes what the
run's meter has.

Each line says how much of what AWS bills the run's own meter explains. A line's share is the
smaller of the two over what AWS bills; the total's is the sum of those over all, so that
too much in one line never hides too little in another. Where a line is billed below its list price
dollars are not comparable: there the quantities are, each at its list price.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from analysis.words import listed
from workbench.bill import exact_sum
from workbench.prices import PriceBook, load_book
from workbench.pull.cost_explorer import BESIDES
from workbench.pull.costs import COMPARABLE, Line, is_untagged, line_of, list_price

SOURCES = ("metered", "modelled", "billed")
RECONCILED_COLUMNS = [
    "kind",
    "service",
    "usage_type",
    "unit",
    *(f"{source}_quantity" for source in SOURCES),
    *(f"{source}_usd" for source in SOURCES),
    "listed_usd",
    "modelled_minus_metered_usd",
    "billed_minus_metered_usd",
    "share_explained",
    "share_of_quantity",
    "days_since_run",
]
# The kinds of rows, in their order: the lines of the run, what AWS bills of them that the meter
# does not explain, their sum; what the stack costs while it stands, and its sum; the lines that no
# tag reaches and are the whole account's on AWS's bill, their sum; and all of a bill.
KINDS = (
    *("line", "residual", "subtotal", "standing", "standing subtotal"),
    *("untagged", "untagged subtotal", "total"),
)
ZERO = Decimal(0)
LOWERED = {  # by words in the names of record types (Cost Explorer; CUR, line item type)
    "a savings plan": ("SavingsPlan",),
    "reserved capacity": ("DiscountedUsage",),
    "a discount": (
        "Discount Program",
        "EdpDiscount",
        "BundledDiscount",
        "Bundled Discount",
        "Private",
    ),
}
NAMED = dict(zip(BESIDES, ("credits", "refunds", "tax"), strict=True))


@dataclass(frozen=True)
class Amount:
    """What one source has of a line; of what is billed, how much may be the stack's standing."""

    unit: str = ""
    quantity: Decimal = ZERO
    usd: Decimal = ZERO
    standing: Decimal = ZERO

    def part(self, quantity: Decimal) -> "Amount":
        """So much of it, at the same dollars each."""
        usd = self.usd * quantity / self.quantity if self.quantity else ZERO
        return Amount(self.unit, quantity, usd)


Sums = dict[Line, Amount]


def reconcile(
    run_bill: pd.DataFrame,
    modelled: pd.DataFrame | None = None,
    billed: pd.DataFrame | None = None,
    *,
    days_since_run: float | None = None,
    book: PriceBook | None = None,
) -> pd.DataFrame:
    """The bills side by side (`RECONCILED_COLUMNS`), one row a service and usage type.

    `run_bill` and `modelled` are bills, `billed` is a pull's frame of costs. What a source has not
    got is None; where there is a source, a line that it lacks is zero. `listed_usd` is what the
    quantity that is billed would cost at list prices. The total has no figure of AWS's, because
    the untagged lines there are not the run's alone.
    """
    book = book or load_book()
    sums = [_sums(run_bill, book), _sums(modelled, book), _sums(billed, book)]
    apart = _untagged(sums, billed, book)
    standing = _take_off_standing(sums, apart)
    lines = sorted({line for one in sums if one for line in one})
    own = [_line("line", line, sums, book) for line in lines if line not in apart]
    others = [_line("untagged", line, sums, book) for line in lines if line in apart]
    stood = [_line("standing", line, [None, None, standing], book) for line in sorted(standing)]
    rows = [*own]
    if billed is not None:
        left = exact_sum(_residual(row) for row in own)
        rows.append({"kind": "residual", "billed_usd": left})
    rows.append(_total("subtotal", own))
    for kind, some in (("standing", stood), ("untagged", others)):
        if some:
            rows += [*some, _total(f"{kind} subtotal", some)]
    alone = (
        *("billed_usd", "billed_minus_metered_usd", "listed_usd"),
        *("share_explained", "share_of_quantity"),
    )
    rows.append(_total("total", own + others) | dict.fromkeys(alone))
    frame = pd.DataFrame(rows, columns=RECONCILED_COLUMNS).astype(object)
    frame["days_since_run"] = days_since_run
    return frame.where(frame.notna(), None)


def answer(
    table: pd.DataFrame,
    record_types: Mapping[str, str] | None = None,
    bills: str = "Cost Explorer bills {} under the design's tag",
) -> str:
    """What a reconciled table says, in a few sentences.

    `record_types` are a pull's dollars by record type, which say why less is paid than listed;
    `bills` says whose dollars they are.
    """
    rows = {kind: table[table["kind"] == kind] for kind in KINDS}
    metered = rows["total"]["metered_usd"].iloc[0]
    apart = exact_sum(rows["untagged subtotal"]["metered_usd"])
    untagged = f", ${apart:,.6f} of it in lines that carry no tag" if apart else ""
    text = f"The run's own meter says ${metered:,.6f}{untagged}."
    modelled = rows["total"]["modelled_usd"].iloc[0]
    if modelled is not None:
        text += f" The model says ${modelled:,.6f}."
    if rows["residual"].empty:
        return f"{text} AWS's bill of it was not pulled yet: see `workbench collect`."
    own, billed = rows["subtotal"].iloc[0], rows["subtotal"]["billed_usd"].iloc[0]
    stood = rows["standing subtotal"]["billed_usd"]
    text += " " + bills.format(f"${billed + exact_sum(stood):,.6f}")
    of_it = "of which"
    if len(stood):
        text += f". ${stood.iloc[0]:,.6f} is what the stack costs while it stands in that time"
        of_it = f"and of the other ${billed:,.6f}"
    residual = rows["residual"]["billed_usd"].iloc[0]
    if own["share_explained"] is not None:
        text += f", {of_it} the meter explains {own['share_explained']:.1%}"
        text += f" and leaves ${residual:,.6f}"
    elif own["share_of_quantity"] is not None:
        text += (
            f". At list prices the run's part would be ${own['listed_usd']:,.6f} "
            f"({reason(table, record_types or {})}), so dollars are not compared: by quantity the "
            f"meter explains {own['share_of_quantity']:.1%}"
        )
    days = own["days_since_run"]
    when = "" if days is None else f", {days:,.1f} days after the run"
    unsettled = days is not None and days < 2
    text += f"{when}{' (not settled before two days)' if unsettled else ''}."
    return text + _besides(record_types or {})


def reason(table: pd.DataFrame, record_types: Mapping[str, str]) -> str:
    """Why less is paid than the list prices say."""
    lines = table[table["kind"].isin(("line", "standing"))]
    nothing = lines[(lines["listed_usd"] > 0) & (lines["billed_usd"] == 0)]
    free = len(nothing[["service", "usage_type"]].drop_duplicates())
    begin = f"{free} of its lines cost nothing: " if free else ""
    if not record_types:
        return f"{begin}the free tier, a savings plan or a discount"
    usd = {name: Decimal(amount) for name, amount in record_types.items()}
    reasons = [
        f"{name} ({', '.join(found)})"
        for name, words in LOWERED.items()
        if (found := [one for one in usd if any(word in one for word in words)])
    ]
    # The free tier has no record of its own: it is what the other reasons do not take off.
    taken = -exact_sum(min(amount, ZERO) for name, amount in usd.items() if name not in BESIDES)
    paid, full = exact_sum(lines["billed_usd"]), exact_sum(lines["listed_usd"])
    if not reasons or paid + taken < full * COMPARABLE:
        reasons.insert(0, "the free tier")
    return begin + listed(reasons)


def _besides(record_types: Mapping[str, str]) -> str:
    """What else is on the bill of that time, and on no side of the comparison."""
    found = {name: abs(Decimal(record_types.get(name, "0"))) for name in BESIDES}
    parts = [f"{NAMED[name]} of ${usd:,.6f}" for name, usd in found.items() if usd]
    return f" Not compared in that time: {listed(parts)}." if parts else ""


def _take_off_standing(sums: list[Sums | None], apart: set[Line]) -> Sums:
    """Take the stack's part out of what is billed, and give it; the meter's part stays."""
    metered, billed, found = sums[0] or {}, sums[2] or {}, {}
    for line, amount in list(billed.items()):
        own = metered.get(line, Amount()).quantity
        part = min(amount.standing, max(ZERO, amount.quantity - own))
        if line in apart or not part:
            continue
        found[line] = amount.part(part)
        billed[line] = amount.part(amount.quantity - part)
        if part == amount.quantity and all(line not in (one or {}) for one in sums[:2]):
            del billed[line]
    return found


def _sums(frame: pd.DataFrame | None, book: PriceBook) -> Sums | None:
    """Quantity and dollars of each line of a bill, over labels, tiers, hours and days."""
    if frame is None:
        return None
    parts: dict[Line, list[Amount]] = {}
    columns = ("service", "usage_type", "unit", "quantity", "cost_usd", "standing")
    known = [frame[name] if name in frame else [ZERO] * len(frame) for name in columns]
    for service, kind, *rest in zip(*known, strict=True):
        parts.setdefault(line_of(service, kind, book), []).append(Amount(*rest))
    names = ("quantity", "usd", "standing")
    return {
        line: Amount(some[0].unit, *(exact_sum(getattr(p, name) for p in some) for name in names))
        for line, some in parts.items()
    }


def _untagged(sums: list[Sums | None], billed: pd.DataFrame | None, book: PriceBook) -> set[Line]:
    """The lines that stay apart: known to carry no tag, and not found under one."""
    known = {line for one in sums if one for line in one if is_untagged(line)}
    if billed is None:
        return known
    tagged = billed[billed["tagged"]]
    names = zip(tagged["service"], tagged["usage_type"], strict=True)
    return known - {line_of(*name, book) for name in names}


def _line(kind: str, line: Line, sums: list[Sums | None], book: PriceBook) -> dict[str, Any]:
    """The row of one line."""
    found = [None if one is None else one.get(line, Amount()) for one in sums]
    unit = next((one.unit for one in found if one and one.unit), "")
    row = {"kind": kind, "service": line[0], "usage_type": line[1], "unit": unit}
    for source, one in zip(SOURCES, found, strict=True):
        row |= {f"{source}_quantity": one and one.quantity, f"{source}_usd": one and one.usd}
    metered, billed = found[0], found[2]
    if billed:
        usd = metered.usd / metered.quantity if metered and metered.usd else list_price(line, book)
        row["listed_usd"] = billed.usd if usd is None else usd * billed.quantity
    return _compared(row, [row])


def _total(kind: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The dollars of these rows together."""
    total: dict[str, Any] = {"kind": kind}
    for name in (*(f"{source}_usd" for source in SOURCES), "listed_usd"):
        parts = [row.get(name) for row in rows]
        total[name] = None if None in parts else exact_sum(parts)
    return _compared(total, rows)


def _compared(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A row with how far the others are from the meter, and what the meter explains of `rows`."""
    metered, billed = row["metered_usd"], row["billed_usd"]
    for source in SOURCES[1:]:
        usd = row[f"{source}_usd"]
        apart = None if usd is None or metered is None else usd - metered
        row[f"{source}_minus_metered_usd"] = apart
    row["share_explained"] = row["share_of_quantity"] = None
    if billed is None or metered is None:
        return row
    if billed and _is_comparable(row):
        row["share_explained"] = float(exact_sum(map(_explained, rows)) / billed)
    if row["listed_usd"]:
        explained = exact_sum(one["listed_usd"] - _left_of_quantity(one) for one in rows)
        row["share_of_quantity"] = float(explained / row["listed_usd"])
    return row


def _is_comparable(row: dict[str, Any]) -> bool:
    """Whether the dollars billed are those of the list."""
    return row["billed_usd"] >= row["listed_usd"] * COMPARABLE


def _explained(row: dict[str, Any]) -> Decimal:
    """The dollars of a line that both have."""
    return min(row["metered_usd"], row["billed_usd"])


def _left_of_quantity(row: dict[str, Any]) -> Decimal:
    """What the meter lacks of the quantity that is billed, at its list price."""
    billed = row["billed_quantity"]
    left = max(ZERO, billed - row["metered_quantity"])
    return row["listed_usd"] * left / billed if billed else ZERO


def _residual(row: dict[str, Any]) -> Decimal:
    """What the meter does not explain of a line, in the dollars that can be compared."""
    if _is_comparable(row):
        return row["billed_usd"] - _explained(row)
    return _left_of_quantity(row)
