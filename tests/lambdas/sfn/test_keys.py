"""The keys: no batch's objects lie among another's, nor a claim or a list among the items."""


def every_key(keys, batch):
    """Prefixes that are listed, and keys that are written."""
    prefixes = [keys.items_prefix(batch), keys.failed_prefix(batch), keys.results_prefix(batch)]
    written = [f"batches/{batch}/start", keys.failed_key(batch, "00ff")]
    return prefixes, [*written, *(keys.segment_key(batch, segment) for segment in range(1_000))]


def test_no_key_is_that_of_another_batch_or_segment(world):
    keys = world.module("sfn.keys")
    written = [key for batch in ("b1", "b10") for key in every_key(keys, batch)[1]]
    assert len(set(written)) == len(written) == 2_004


def test_a_prefix_lists_just_its_own_objects(world):
    keys = world.module("sfn.keys")
    _, written = every_key(keys, "b1")
    _, others = every_key(keys, "b10")
    items, failed, results = every_key(keys, "b1")[0]
    listed = [[key for key in written + others if key.startswith(p)] for p in (items, failed)]
    assert listed == [written[2:], [keys.failed_key("b1", "00ff")]]
    assert not any(key.startswith(results) for key in written + others)
    assert not keys.results_prefix("b10").startswith(results)


def test_a_retry_writes_to_the_same_keys(world):
    keys = world.module("sfn.keys")
    assert every_key(keys, "b1") == every_key(keys, "b1")
