"""Pictures that look the same are the same bytes."""

from analysis.svg import numbered

ONE = b'<g clip-path="url(#p0123456789)"/><clipPath id="p0123456789"/><path id="mabcdef0123"/>'


def test_ids_of_other_last_bits_give_the_same_picture():
    other = ONE.replace(b"p0123456789", b"pfedcba9876")
    assert numbered(ONE) == numbered(other) != ONE
    assert numbered(ONE).count(numbered(ONE).split(b"#")[1][:10]) == 2


def test_another_picture_has_other_ids_and_one_without_any_stays():
    assert numbered(ONE)[:30] != numbered(ONE + b"<g/>")[:30]
    assert numbered(b'<g id="axes_1"/>') == b'<g id="axes_1"/>'
