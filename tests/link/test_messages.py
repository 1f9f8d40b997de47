import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_feedback.link import messages as m
from emg_feedback.link.wire import decode, encode

numbers = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(max_size=20)
whole = st.integers(0, 2**40)
bands = st.none() | st.tuples(numbers, numbers)

states = st.builds(
    m.SessionState,
    phase=st.sampled_from(m.Phase),
    protocol=st.none() | names,
    set=whole,
    repetition=whole,
    remaining_s=st.none() | numbers,
    targets=st.lists(bands, max_size=8),
    score=st.none() | numbers,
)
frames = st.builds(
    m.Frame,
    station=names,
    seq=whole,
    first_sample=whole,
    n_samples=whole,
    lost=whole,
    t_sample=numbers,
    t_arrive=numbers,
    t_publish=numbers,
    envelope_uv=st.lists(st.none() | numbers, max_size=8),
    intensity=st.lists(st.none() | numbers, max_size=8),
    active=st.lists(st.booleans(), max_size=8),
    quality=st.lists(names, max_size=8),
    session=states,
    pairs=st.lists(
        st.builds(
            m.Pair,
            channels=st.tuples(whole, whole),
            symmetry=st.none() | numbers,
            co_contraction=st.none() | numbers,
        ),
        max_size=2,
    ),
)
events = st.builds(
    m.Event,
    seq=whole,
    kind=st.sampled_from(m.EventKind),
    channel=st.none() | st.integers(0, 383),
    sample=whole,
    t_event=numbers,
    t_decided=numbers,
    data=st.dictionaries(names, names | numbers, max_size=4),
)


@given(frames | events)
def test_decode_undoes_encode(message):
    assert decode(encode(message)) == message


@given(frames)
def test_a_frame_is_one_topic_one_space_one_map(frame):
    topic, _, body = encode(frame).partition(b" ")
    assert topic == b"frame"
    fields = msgspec.msgpack.decode(body)
    assert set(fields) == {
        *("v", "station", "seq", "first_sample", "n_samples", "lost"),
        *("t_sample", "t_arrive", "t_publish", "envelope_uv", "intensity", "active"),
        *("quality", "session", "pairs"),
    }
    assert {"phase", "protocol", "set", "repetition", "remaining_s", "targets", "score"} <= set(
        fields["session"]
    )


@given(frames)
def test_unknown_keys_are_ignored(frame):
    fields = msgspec.msgpack.decode(encode(frame).partition(b" ")[2]) | {"new": [1, 2]}
    assert decode(b"frame " + msgspec.msgpack.encode(fields)) == frame


@given(st.binary(max_size=200))
def test_junk_is_a_value_error(junk):
    for part in (junk, b"frame " + junk, b"event " + junk):
        with pytest.raises(ValueError, match=r"."):
            decode(part)


def test_another_version_is_refused():
    event = m.Event(
        v=2, seq=0, kind="mark", channel=None, sample=0, t_event=0.0, t_decided=0.0, data={}
    )
    with pytest.raises(ValueError, match="version 2"):
        decode(encode(event))
