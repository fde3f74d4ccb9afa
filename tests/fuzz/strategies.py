"""What files may hold besides what they should: other values, cut ends, flipped bytes."""

import json

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """The paths of every value inside a JSON value."""
    yield path
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inside = enumerate(value)
    for name, one in inside:
        yield from places(one, (*path, name))


@st.composite
def changed(draw, text: str):
    """A JSON text with one of its values replaced, taken away, or doubled under another name."""
    content = json.loads(text)
    path = draw(st.sampled_from([path for path in places(content) if path]))
    holder = content
    for name in path[:-1]:
        holder = holder[name]
    what = draw(st.sampled_from(("replace", "remove", "add")))
    if what == "replace":
        holder[path[-1]] = draw(json_values)
    elif what == "remove":
        del holder[path[-1]]
    elif isinstance(holder, dict):
        holder[draw(st.text(min_size=1, max_size=8))] = draw(json_values)
    else:
        holder.append(draw(json_values))
    return json.dumps(content).encode()


@st.composite
def damaged(draw, content: bytes):
    """Bytes cut off, or some of them others."""
    if draw(st.booleans()):
        return content[: draw(st.integers(0, len(content) - 1))]
    mutable = bytearray(content)
    for _ in range(draw(st.integers(1, 5))):
        mutable[draw(st.integers(0, len(mutable) - 1))] = draw(st.integers(0, 255))
    return bytes(mutable)
