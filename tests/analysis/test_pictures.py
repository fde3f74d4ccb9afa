"""What a notebook shows of a frame is in figures that people write."""

import re
from decimal import Decimal

import pandas as pd

from analysis.pictures import told


def cells(html):
    """The table's rows, head first."""
    rows = re.findall(r"<tr.*?</tr>", html.text, re.S)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_a_frame_is_told_in_plain_figures_and_without_columns_of_nothing():
    frame = pd.DataFrame(
        {
            "usage_type": ["Request-ARM", "Lambda-GB-Second"],
            "metered_quantity": [Decimal("1000000.000000"), Decimal("0.00001250")],
            "billed_usd": [Decimal("1E+2"), None],
            "billed_minus_metered_usd": [Decimal("-0.0000123"), Decimal("1E-9")],
            "share_explained": [0.9521, None],
            "modelled_usd": [None, None],
        }
    )
    more = ["billed minus metered usd"]
    assert cells(told(frame)) == [
        ["usage type", "metered quantity", "billed usd", *more, "share explained"],
        ["Request-ARM", "1,000,000", "$100", "-$0.000012", "95.2%"],
        ["Lambda-GB-Second", "0.0000125", "", "under $0.0000001", ""],
    ]


def test_of_a_frame_without_rows_it_is_said_that_it_is_empty():
    assert "This table is empty." in told(pd.DataFrame(columns=["label", "billed_usd"])).text
