"""What a table was a moment ago: the changes of the last seconds, undone."""

from workbench.targets.local.dynamodb.past import Past


def test_changes_are_undone_back_to_the_moment_and_kept_no_longer_than_asked_for():
    now_s = [0.0]
    past = Past(lambda: now_s[0], kept_s=1.0)
    for at_s, before in ((0.0, None), (1.0, {"v": 1}), (1.5, {"v": 2})):
        now_s[0] = at_s
        past.note("p", "a", before)
    assert past.since(0.0) == {}
    assert past.since(0.2) == {("p", "a"): {"v": 2}}
    assert past.since(0.7) == {("p", "a"): {"v": 1}}
    now_s[0] = 9.0
    past.note("p", "b", None)
    assert past.since(9.0) == {("p", "b"): None}
