"""A one-item message: the only kind that may fail for good, once its item has run in vain.

Its record counts the attempts that began, under a lease whatever the knobs say, so that a message
whose receives were burnt by throttles is never taken for one that failed.
"""

from typing import Any

from lambdas import leases, messages, state
from lambdas.items import Item
from lambdas.sqs.batches import fail_item
from lambdas.sqs.splitting import Leased, alone_sk
from lambdas.sqs.working import Tally, try_item

ATTEMPTS_MAX = 3


def work(queue_url: str, body: dict[str, Any], owner: str, tally: Tally) -> None:
    """Try the item; after the last attempt list it as failed, before that send it once more."""
    knobs, batch, item = body["knobs"], body["batch"], Item(*body["items"][0])
    key = state.item_key(batch, alone_sk(body), knobs["state_shards"])
    lease = leases.take(key, owner, knobs["lease_s"], count_attempt=True)
    if lease.gone:
        return
    if not lease.taken:
        raise Leased(lease.held_until)
    tries = lease.record.get("attempts", 0) + 1
    if tries > ATTEMPTS_MAX:
        if fail_item(batch, key, item, "it began three times and never ended", tries - 1, owner):
            tally.fail()
        return
    reason = try_item(item, knobs, tally, lease.crashed)
    if not reason:
        state.delete_all([key], 1)
    elif tries == ATTEMPTS_MAX:
        if fail_item(batch, key, item, reason, tries, owner):
            tally.fail()
    else:
        leases.release(key, owner, lease.crashed)
        messages.send(queue_url, body, messages.retry_s(tries))
