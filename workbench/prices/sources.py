"""Where AWS's price list is read: its public offer files, a folder of them, or the Price List API.

An offer file is one service in one region, and needs no credentials (What's New of 2017-04-20 on
region-specific prices; AWS Billing user guide, "Getting price list files manually"):

    https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AWSLambda/current/eu-west-1/index.json

In a folder the same file is `eu-west-1/AWSLambda.json`.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from workbench.border import read_json
from workbench.errors import BadInput, BadRecord, WorkbenchError
from workbench.prices.offers import Entry, Offer, read_offers

HOST = "https://pricing.us-east-1.amazonaws.com"
ADDRESS = "{host}/offers/v1.0/aws/{service_code}/current/{region}/index.json"
TIMEOUT_S = 60.0  # without a byte
NOT_THERE = (403, 404)  # what the host says of a file that it does not have

Read = Callable[[str, str], tuple[list[Offer], str]]


@dataclass(frozen=True)
class Source:
    """A price list. `read` takes a service code and a region, and gives the service's offers there
    with the day on which they were published ("" if it does not say); none if it has no such list.

    `name` is what a price says of it. Prices of one that `is_current` are those of today; others
    are of the day on which the newest of them was published.
    """

    name: str
    read: Read
    is_current: bool = True


def offer_files(host: str = HOST) -> Source:
    """AWS's public offer files, or those of a mirror that has the same addresses."""

    def read(service_code: str, region: str) -> tuple[list[Offer], str]:
        address = ADDRESS.format(host=host.rstrip("/"), service_code=service_code, region=region)
        text = _download(address)
        if text is None:
            return [], ""
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadRecord(f"the offer file {address} cannot be read: {error}") from None
        return _of_file(f"the offer file {address}", content, service_code)

    return Source("AWS Price List", read)


def folder(path: Path) -> Source:
    """Offer files that lie in a folder as `<region>/<service code>.json`."""
    if not path.is_dir():
        raise BadInput(f"--from {path}: there is no such folder.")

    def read(service_code: str, region: str) -> tuple[list[Offer], str]:
        file = path / region / f"{service_code}.json"
        if not file.exists():
            return [], ""
        what = f"the offer file {file}"
        return _of_file(what, read_json(file, what), service_code)

    return Source("AWS Price List", read, is_current=False)


def price_list_api(client: Any) -> Source:
    """The Price List API, by boto3's client of `pricing` (in us-east-1 or ap-south-1)."""

    def read(service_code: str, region: str) -> tuple[list[Offer], str]:
        entries = _answers(client, service_code, region)
        return list(read_offers(f"the Price List's answer for {service_code}", entries)), ""

    return Source("AWS Price List API", read)


def _of_file(what: str, content: Any, service_code: str) -> tuple[list[Offer], str]:
    """The offers of an offer file, and the day on which it was published."""
    try:
        if content["offerCode"] != service_code:
            raise BadRecord(f"{what} is of {content['offerCode']}, not of {service_code}")
        terms = content["terms"].get("OnDemand", {})
        entries = [
            {"product": product, "terms": {"OnDemand": terms.get(sku, {})}}
            for sku, product in content["products"].items()
        ]
        published = content["publicationDate"][:10]
    except (KeyError, TypeError, AttributeError) as error:
        raise BadRecord(f"{what} cannot be read: {error!r}") from None
    return list(read_offers(what, entries)), published


def _download(address: str) -> bytes | None:
    """What lies at an address; None if nothing does."""
    try:
        with urlopen(address, timeout=TIMEOUT_S) as answer:
            return answer.read()
    except HTTPError as error:
        if error.code in NOT_THERE:
            return None
        reason: Exception = error
    except (OSError, ValueError, HTTPException) as error:
        reason = error
    raise WorkbenchError(
        f"{address} did not answer: {reason}. Try again, or read files from a folder (--from) or "
        "the Price List API (--api); the old price book stays as it is."
    )


def _answers(client: Any, service_code: str, region: str) -> Iterator[Entry]:
    """The products of a service in a region, from all pages of the API's answer."""
    from botocore.exceptions import BotoCoreError, ClientError

    where = "fromRegionCode" if service_code == "AWSDataTransfer" else "regionCode"
    filters = [{"Type": "TERM_MATCH", "Field": where, "Value": region}]
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=service_code, Filters=filters, FormatVersion="aws_v1"
    )
    try:
        texts = [text for page in pages for text in page["PriceList"]]
    except (ClientError, BotoCoreError) as error:
        raise WorkbenchError(
            f"the Price List API did not answer for {service_code}: {error}. It needs the "
            "permission pricing:GetProducts; the public offer files need none (leave --api out). "
            "The old price book stays as it is."
        ) from None
    yield from map(json.loads, texts)
