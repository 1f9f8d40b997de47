from hypothesis import given
from hypothesis import strategies as st

from emg_config.electrode import Electrode


@given(
    st.sampled_from(["gel", "paste", "dry", "probe"]),
    st.integers(10, 600),
    st.integers(50, 1000),
)
def test_an_electrode_is_read_as_it_was_written(kind, size, spacing):
    electrode = Electrode(kind=kind, size_mm=size / 10, spacing_mm=spacing / 10)
    assert Electrode.read(str(electrode)) == electrode


@given(st.none() | st.text() | st.from_regex(r"\w+ [\d.]+ mm, [\d.]+ mm apart"))
def test_what_is_no_electrode_is_none(told):
    found = Electrode.read(told)
    assert found is None or told.startswith(found.kind)
