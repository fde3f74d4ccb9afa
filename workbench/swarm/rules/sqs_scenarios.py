"""What the rare rules of the `sqs` design need, drawn for a share of the swarm's seeds."""

from workbench.swarm.rules.scenarios import (
    REFUSED_NOTICES,
    Scenario,
    cancellations,
    deadlines,
    slow_count,
)

SHORT = {"value_max": (0, 20, 200)}
POISONED = {"poison_per_million": (50_000, 200_000)}
SLOW = {"value_max": (2_000, 8_000), "item_concurrency": (1,)}
SCENARIOS = (
    Scenario(
        "segments whose records are never all written",
        rates={"hold_back": (1.0, 1.0)},
        roles=("batcher",),
        operations=("BatchWriteItem",),
        knobs={"write_batch_size": (5, 25)},
        quiet_s=(3_000.0, 30_000.0),
    ),
    Scenario(
        "segments whose messages are never all sent",
        rates={"hold_back": (1.0, 1.0)},
        roles=("batcher",),
        operations=("SendMessageBatch",),
        queues=("ItemQueue",),
        knobs={"send_batch_size": (3, 10)},
        quiet_s=(3_000.0, 30_000.0),
    ),
    Scenario(
        "plans that reach the dead letters",
        rates={"hold_back": (1.0, 1.0)},
        roles=("batcher",),
        operations=("SendMessageBatch",),
        queues=("PlanQueue",),
        knobs={"send_batch_size": (3, 10)},
        quiet_s=(2_000.0, 10_000.0),
    ),
    Scenario(
        "roots that die with all their tries",
        rates={"kill_before": (0.95, 1.0), "refuse": (0.0, 0.1)},
        roles=("batcher",),
        operations=("PutItem", "SendMessage"),
        quiet_s=(300.0, 3_000.0),
        items=(1, 60),
    ),
    Scenario(
        "messages that die with their items",
        rates={"kill_sleep": (0.3, 0.9), "hang_start": (0.0, 0.2)},
        roles=("processor",),
        knobs={"value_max": (20, 200), "items_per_message": (1, 1, 3), "track": ("message",)},
        quiet_s=(3_000.0, 20_000.0),
        items=(5, 20),
    ),
    Scenario(
        "messages that are throttled into the dead letters",
        rates={"throttle": (1.0, 1.0)},
        roles=("processor",),
        knobs=SHORT | {"items_per_message": (2, 5), "max_receives": (4,), "track": ("message",)},
        quiet_s=(1_500.0, 4_000.0),
        items=(5, 40),
        limits={"MOVED_MAX": (1, 4)},
    ),
    Scenario(
        "duplicates that meet live leases",
        rates={"twice": (0.2, 0.7), "early": (0.1, 0.5), "twice_late": (0.1, 0.5)},
        queues=("ItemQueue", "PlanQueue"),
        late_max_s=60.0,
        knobs=SLOW | {"claim": (True,), "max_concurrency": (50, 900, None)},
    ),
    Scenario(
        "records that are forgotten",
        rates={"lose": (0.1, 0.6)},
        queues=("ItemQueue", "PlanQueue"),
        knobs=SHORT | {"stuck_after_s": (300, 3_600)},
        items=(5, 60),
    ),
    Scenario(
        "deletes that are not all accepted",
        rates={"hold_back": (0.5, 1.0)},
        roles=("processor",),
        operations=("BatchWriteItem",),
        knobs={"items_per_message": (5, 20), "track": ("item",), "write_batch_size": (5, 25)},
    ),
    Scenario(
        "deaths around the notification",
        rates={"kill_after": (0.1, 0.8), "kill_before": (0.0, 0.3), "lose_answer": (0.0, 0.3)},
        roles=("finalizer",),
        operations=("Publish", "UpdateItem", "DeleteItem"),
        items=(1, 40),
    ),
    Scenario(
        "roots that die between their messages",
        rates={"kill_before": (0.2, 0.6), "kill_after": (0.2, 0.6)},
        roles=("batcher",),
        operations=("SendMessage",),
        quiet_s=(100.0, 600.0),
        items=(1, 60),
    ),
    REFUSED_NOTICES,
    *cancellations(SLOW),
    *deadlines(SLOW),
    slow_count("Query", state_shards=(1,)),
    Scenario(
        "a batch that is cancelled before its plan, and is triggered again",
        rates={"slow": (0.8, 1.0)},
        roles=("batcher",),
        operations=("SendMessage",),
        cancel_s=(0.6, 8.0),
        again_s=(60.0, 600.0),
        items=(1, 60),
    ),
    Scenario(
        "records of many failures, which take several transactions",
        rates={"kill_before": (0.0, 0.2), "kill_after": (0.0, 0.2)},
        roles=("processor",),
        operations=("TransactWriteItems",),
        knobs=POISONED | {"items_per_message": (10, 25), "track": ("message",)},
        limits={"MOVED_MAX": (1, 3)},
    ),
    Scenario("a batch of the schedule beside one with other knobs", cron=True, items=(1, 60)),
    Scenario(
        "partitions of several pages",
        rates={"kill_after": (0.0, 0.2), "twice": (0.0, 0.3)},
        roles=("batcher", "finalizer"),
        knobs=POISONED,
        limits={"PAGE_MAX_BYTES": (100, 600)},
    ),
    Scenario(
        "a trigger that comes again when its batch is over", again_s=(600.0, 7_200.0), items=(1, 60)
    ),
)
