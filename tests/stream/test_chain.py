import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from emg_config import UserError
from emg_feedback import Chain, ChainSettings
from emg_feedback.stream import filters
from emg_feedback.stream.shapes import Shapes

RATES_HZ = [125.0, 200.0, 250.0, 1000.0, 2000.0, 4000.0]


def emg(rate_hz, n_channels=2, seconds=6.0, seed=1):
    random = np.random.default_rng(seed)
    x = random.normal(0.0, 4.0, (round(seconds * rate_hz), n_channels))
    x[round(3 * rate_hz) : round(4.5 * rate_hz)] *= 12.0
    return x


def gain_db(settings, rate_hz, frequency_hz):
    sos, _ = filters.design(settings, rate_hz)
    return 20 * np.log10(np.abs(signal.sosfreqz(sos, np.atleast_1d(frequency_hz), fs=rate_hz)[1]))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_finds_one_contraction_at_every_rate(rate_hz):
    events = Chain(1, rate_hz).push(emg(rate_hz, 1)).events
    assert [e.kind for e in events] == ["onset", "offset"]
    assert events[0].sample / rate_hz == pytest.approx(3.0, abs=0.035)
    assert events[1].sample / rate_hz == pytest.approx(4.5, abs=0.2)
    assert all(e.decided_sample >= e.sample for e in events)


@given(sizes=st.lists(st.integers(1, 200), min_size=1, max_size=30))
def test_any_cut_gives_the_same_features(sizes):
    x = emg(250.0)
    x[[200, 201, 800]] = np.nan
    x[810:815, 1], x[900:1000, 0], x[1300:1310] = np.inf, np.nan, -np.inf
    whole = Chain(2, 250.0).push(x)
    chain, start, blocks = Chain(2, 250.0), 0, []
    for size in [*sizes, len(x)]:
        blocks.append(chain.push(x[start : start + size]))
        start += len(blocks[-1].active)
    for name in ("filtered_uv", "envelope_uv", "slow_envelope_uv", "active"):
        np.testing.assert_array_equal(
            np.vstack([getattr(b, name) for b in blocks]), getattr(whole, name)
        )
    assert [e for b in blocks for e in b.events] == whole.events


@given(
    sizes=st.lists(st.integers(1, 200), min_size=1, max_size=10),
    skipped=st.lists(st.integers(0, 180), min_size=1, max_size=3),
)
def test_what_is_skipped_is_as_lost_samples_however_blocks_are_cut(sizes, skipped):
    x = emg(250.0, seconds=8.0)
    one, other, events = Chain(2, 250.0), Chain(2, 250.0), ([], [])
    for k, n_lost in enumerate(skipped):
        stretch = x[500 * k : 500 * (k + 1)]
        events[0].extend(one.push(stretch).events + one.skip(n_lost).events)
        lost = np.full((n_lost, 2), np.nan)
        for block in np.split(np.vstack([stretch, lost]), np.cumsum(sizes)):
            events[1].extend(other.push(block).events)
    first, second = one.push(x[1500:]), other.push(x[1500:])
    np.testing.assert_array_equal(first.filtered_uv, second.filtered_uv)
    np.testing.assert_array_equal(first.envelope_uv, second.envelope_uv)
    np.testing.assert_array_equal(first.active, second.active)
    assert events[0] + first.events == events[1] + second.events


@pytest.mark.parametrize("n_skipped", [1000, 1_000_003])
def test_after_a_long_skip_the_canceller_knows_the_phase(n_skipped):
    n = np.arange(2000)
    n[1000:] += n_skipped
    hum = 60.0 * np.cos(2.0 * np.pi * (0.2 * n % 1.0) + 0.4)[:, None]
    chain = Chain(1, 250.0)
    chain.push(hum[:1000])
    chain.skip(n_skipped)
    clean = chain.push(hum[1000:]).filtered_uv
    assert np.abs(clean[100:]).max() < 1.0


def test_reset_returns_to_the_first_state():
    chain, x = Chain(2, 250.0), emg(250.0)
    first = chain.push(x)
    chain.reset()
    again = chain.push(x)
    np.testing.assert_array_equal(first.envelope_uv, again.envelope_uv)
    assert first.events == again.events


@pytest.mark.parametrize("frequency_hz", [40.0, 65.0, 80.0, 90.0])
def test_envelope_of_a_tone_is_its_rms_within_one_percent(frequency_hz):
    t = np.arange(2000) / 250.0
    tone = 141.42 * np.sin(2 * np.pi * frequency_hz * t)[:, None]
    features = Chain(1, 250.0).push(tone)
    assert features.envelope_uv[1000:].mean() == pytest.approx(100.0, rel=0.01)
    np.testing.assert_allclose(features.envelope_uv[1000:], 100.0, rtol=0.015)
    np.testing.assert_allclose(features.slow_envelope_uv[1500:], 100.0, rtol=0.01)


@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("rate_hz", RATES_HZ[1:])
def test_response_mask(rate_hz, mains_hz):
    settings = ChainSettings(mains_hz=mains_hz, mains_filter="notch")
    _, high_hz = settings.band_hz(rate_hz)
    assert (gain_db(settings, rate_hz, [0.5, 5.0, 10.0]) < -20).all()
    lines = filters.mains_lines_hz(mains_hz, rate_hz, high_hz)
    assert mains_hz in lines
    assert (gain_db(settings, rate_hz, lines) < -40).all()
    flat = np.arange(30.0, 0.75 * high_hz, 0.5)
    flat = [f for f in flat if min(abs(f - line) for line in lines) > 8.0]
    assert (np.abs(gain_db(settings, rate_hz, flat)) < 0.5).all()


@pytest.mark.parametrize("mains_hz", [50, 60])
@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 480.0, 500.0, 512.0, 1000.0, 1024.0])
def test_no_harmonic_of_the_mains_passes(rate_hz, mains_hz):
    settings = ChainSettings(mains_hz=mains_hz, mains_filter="notch")
    half_hz = rate_hz / 2
    harmonics_hz = [
        abs((k * mains_hz + half_hz) % rate_hz - half_hz)
        for k in range(1, filters.MAINS_HARMONICS + 1)
    ]
    heard_hz = [f for f in harmonics_hz if settings.low_hz < f < half_hz]
    assert (gain_db(settings, rate_hz, heard_hz) < -6.0).all()


def test_mains_lines_fold_at_the_sampling_rate():
    assert filters.mains_lines_hz(50, 250.0, 112.5) == [50.0, 100.0]
    assert filters.mains_lines_hz(60, 250.0, 112.5) == [60.0, 120.0, 70.0, 50.0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ChainSettings(high_hz=450.0), "cannot be had at 250 samples/s"),
        (ChainSettings(low_hz=120.0), "empty"),
        (ChainSettings(low_hz=0.0), "empty"),
    ],
)
def test_a_band_that_makes_no_sense_is_refused(settings, words):
    with pytest.raises(UserError, match=words):
        Chain(1, 250.0, settings)


def test_a_block_of_the_wrong_shape_is_refused():
    with pytest.raises(UserError, match="shape"):
        Chain(2, 250.0).push(np.zeros((10, 3)))


def read_only(x):
    x.flags.writeable = False
    return x


@pytest.mark.parametrize(
    "laid_out",
    [
        lambda x: np.asfortranarray(x),
        lambda x: np.repeat(x, 2, axis=0)[::2],
        lambda x: read_only(x.copy()),
        lambda x: x.astype(">f8"),
        lambda x: x.tolist(),
    ],
)
def test_a_block_may_lie_in_memory_in_any_way(laid_out):
    x = np.random.default_rng(5).normal(0.0, 4.0, (300, 2))
    ours, same = Chain(2, 250.0).push(laid_out(x)), Chain(2, 250.0).push(x)
    np.testing.assert_array_equal(ours.envelope_uv, same.envelope_uv)
    np.testing.assert_array_equal(ours.filtered_uv, same.filtered_uv)


def test_losses_never_spread():
    x = emg(250.0)
    x[100:102] = np.nan  # bridged
    x[300:400] = np.inf  # too long to bridge
    envelope = Chain(2, 250.0).push(x).envelope_uv
    assert np.isfinite(envelope[:300]).all()
    assert np.isnan(envelope[310:400]).all()
    assert np.isfinite(envelope[400:]).all()


def test_an_electrode_offset_starts_no_transient():
    x = emg(250.0) + np.array([150_000.0, -90_000.0])
    quiet = Chain(2, 250.0).push(emg(250.0)).envelope_uv
    np.testing.assert_allclose(Chain(2, 250.0).push(x).envelope_uv, quiet, atol=1e-5)


def test_skip_counts_what_never_arrived():
    chain = Chain(1, 250.0)
    chain.push(np.zeros((10, 1)))
    chain.skip(90)
    assert chain.push(np.zeros((1, 1))).first_sample == 100


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_likely_mains(mains_hz):
    x = emg(250.0, 3, 20.0)
    t = np.arange(len(x)) / 250.0
    x[:, 1] += 20.0 * np.sin(2 * np.pi * mains_hz * t)
    x[1000:1100] = np.nan
    assert filters.likely_mains_hz(x, 250.0) == mains_hz


@pytest.mark.parametrize("sample_rate_hz", [125.0, 200.0, 250.0, 1000.0])
@pytest.mark.parametrize(("n_channels", "seconds"), [(1, 2), (1, 10), (8, 4), (8, 6)])
def test_where_no_mains_is_to_be_seen_it_is_the_default(sample_rate_hz, n_channels, seconds):
    assert ChainSettings().mains_hz == 50
    for seed in range(20):
        n = round(seconds * sample_rate_hz)
        x = np.random.default_rng(seed).normal(0.0, 3.0, (n, n_channels))
        assert filters.likely_mains_hz(x, sample_rate_hz) == 50


@pytest.mark.parametrize(
    ("mains_hz", "sample_rate_hz", "n_lines", "n_appearing"),
    [
        (50, 200.0, 1, 1),
        (50, 250.0, 2, 2),
        (60, 200.0, 3, 2),
        (60, 250.0, 4, 2),
        (60, 1000.0, 5, 5),
    ],
)
def test_what_a_converter_hardly_lets_through_is_cancelled_and_does_not_appear(
    mains_hz, sample_rate_hz, n_lines, n_appearing
):
    settings = ChainSettings(mains_hz=mains_hz)
    shapes = Shapes(settings, sample_rate_hz, filters.design(settings, sample_rate_hz)[0])
    assert (len(shapes.lines), shapes.n_appearing) == (n_lines, n_appearing)


@pytest.mark.parametrize("sample_rate_hz", [200.0, 250.0])
def test_what_is_measured_ends_where_the_band_does(sample_rate_hz):
    settings = ChainSettings()
    (_, high_hz), n = settings.band_hz(sample_rate_hz), round(20 * sample_rate_hz)
    t = np.arange(n)[:, None] / sample_rate_hz
    x = np.sqrt(2.0) * np.sin(2.0 * np.pi * np.array([0.7, 1.0, 1.07]) * high_hz * t)
    ended = filters.EndOfBand(settings, sample_rate_hz, 3)(x)[n // 2 :]
    inside, at_the_end, outside = np.sqrt(np.square(ended).mean(axis=0))
    assert inside > 0.98
    assert at_the_end == pytest.approx(np.sqrt(0.5), abs=0.01)
    assert outside < 0.3


def test_the_end_of_the_band_in_blocks_with_lost_samples():
    x = emg(250.0)
    x[700:720] = np.nan
    whole, pieces = (filters.EndOfBand(ChainSettings(), 250.0, x.shape[1]) for _ in range(2))
    cuts = [0, 1, 333, 705, 900, len(x)]
    blocks = [pieces(np.ascontiguousarray(x[a:b])) for a, b in itertools.pairwise(cuts)]
    ended = whole(x)
    np.testing.assert_array_equal(np.concatenate(blocks), ended)
    np.testing.assert_array_equal(np.isnan(ended), np.isnan(x))


@pytest.mark.parametrize(("high_hz", "sample_rate_hz"), [(80.0, 250.0), (None, 2000.0)])
def test_a_band_that_ends_already_is_measured_as_it_is(high_hz, sample_rate_hz):
    x = emg(sample_rate_hz)
    end_of_band = filters.EndOfBand(ChainSettings(high_hz=high_hz), sample_rate_hz, x.shape[1])
    assert end_of_band(x) is x


def test_mains_in_one_of_many_channels_is_seen():
    x = np.random.default_rng(3).normal(0.0, 3.0, (5000, 8))
    x[:, 5] += 5.0 * np.sin(2 * np.pi * 60.0 * np.arange(len(x)) / 250.0)
    assert filters.likely_mains_hz(x, 250.0) == 60
    x[:, 4] = np.nan
    assert filters.likely_mains_hz(x, 250.0) == 60
    assert filters.likely_mains_hz(x[:, [4]], 250.0) == 50


@pytest.mark.parametrize("seconds", [2, 4, 10])
def test_mains_just_below_half_the_rate_is_seen(seconds):
    x = np.random.default_rng(3).normal(0.0, 3.0, (seconds * 125, 1))
    x[:, 0] += 20.0 * np.sin(2 * np.pi * 60.0 * np.arange(len(x)) / 125.0)
    assert filters.likely_mains_hz(x, 125.0) == 60


def test_a_long_skip_costs_nothing_and_counts_all():
    chain = Chain(2, 250.0)
    chain.push(emg(250.0))
    features = chain.skip(10**9)
    assert len(features.active) <= 250
    later = chain.push(emg(250.0))
    assert later.first_sample == 1500 + 10**9
    assert [edge.kind for edge in later.events if edge.channel == 0] == ["onset", "offset"]


def test_learning_rest_again_frees_a_channel_that_a_new_noise_made_active():
    random = np.random.default_rng(8)
    chain = Chain(1, 250.0)
    chain.push(random.normal(0.0, 3.0, (1000, 1)))
    assert chain.push(random.normal(0.0, 15.0, (1000, 1))).active[-1, 0]
    chain.learn_rest()
    after = chain.push(random.normal(0.0, 15.0, (1000, 1)))
    assert [edge.kind for edge in after.events] == ["offset"]
    assert not after.active.any()
    assert chain.push(random.normal(0.0, 90.0, (250, 1))).events[0].kind == "onset"


@pytest.mark.parametrize("huge", [1e150, 1e200, 1e300, 1e308])
def test_one_huge_sample_does_not_stay(huge):
    x = emg(250.0, 1)
    x[500] = huge
    envelope = Chain(1, 250.0).push(x).envelope_uv
    assert np.isfinite(envelope[600:]).all()


@pytest.mark.parametrize(
    "settings",
    [
        {"mains_hz": 55},
        {"fast_delay_s": 0.0},
        {"slow_delay_s": -1.0},
        {"detector": "guess"},
        {"mains_filter": "sieve"},
        {"false_starts_per_minute": float("nan")},
        {"false_starts_per_minute": 0.0},
        {"false_starts_per_minute": 61.0},
    ],
)
def test_settings_out_of_bounds_are_refused(settings):
    with pytest.raises(UserError):
        ChainSettings(**settings)


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate_hz):
    with pytest.raises(UserError, match="is not a rate"):
        Chain(1, rate_hz)
