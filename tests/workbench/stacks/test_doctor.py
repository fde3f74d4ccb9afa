"""The doctor: each finding says what was found, and what to do where something lacks."""

from workbench.stacks.doctor import Finding, findings


def test_this_environment_has_what_local_and_model_need():
    found = {finding.name: finding for finding in findings()}
    assert [name for name, finding in found.items() if finding.fatal] == []
    assert found["Node"].detail.startswith("v24.")
    assert found["packages"].detail == "as pinned"


def test_a_lack_says_what_to_do_and_an_ok_does_not():
    assert str(Finding("Node", False, "not found", "run `make env`", fatal=True)) == (
        "LACK Node: not found -> run `make env`"
    )
    assert str(Finding("git", False, "not found", "x")) == "note git: not found -> x"
    assert str(Finding("git", True, "/bin/git", "x")) == "ok   git: /bin/git"


def test_missing_credentials_are_a_note_for_aws_only(monkeypatch, tmp_path):
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (finding,) = [finding for finding in findings() if finding.name == "AWS credentials"]
    assert (finding.ok, finding.fatal) == (False, False)
