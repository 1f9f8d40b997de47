"""Records whose truth is known must be what they say."""

from importlib.resources import files
from itertools import chain

import numpy as np
import pytest

from emg_feedback.bench.labelled import labelled_recordings
from emg_feedback.bench.onset_cases import NUISANCES, at_rest, simulated, spliced
from emg_feedback.bench.onset_hum import SHAPES, HumTally, hum, humming
from emg_feedback.bench.onset_sources import RECORDINGS, Simulated, in_band, rms_without_mains


def test_a_seed_and_a_number_make_a_record():
    for make in (spliced, simulated, at_rest):
        short, long = list(make(1, 7)), list(make(2, 7))
        for one, other in zip(short, long, strict=False):
            np.testing.assert_array_equal(one.samples_uv, other.samples_uv)
            assert one.contractions == other.contractions
        (other_seed,) = make(1, 8)
        assert not np.array_equal(short[0].samples_uv, other_seed.samples_uv)


def test_the_parts_share_neither_muscle_nor_chance():
    (tune,), (final,) = spliced(1, 1, "tune"), spliced(1, 1, "final")
    assert tune.contractions != final.contractions


def test_every_recording_gives_rest_and_muscle():
    records = list(spliced(8))
    assert {record.source for record in records} == set(RECORDINGS)
    assert all(3 <= len(record.contractions) <= 8 for record in records)
    assert all(np.isfinite(record.samples_uv).all() for record in records)


@pytest.mark.parametrize("make", [spliced, simulated])
def test_contractions_are_as_strong_as_they_say(make):
    for record in make(4):
        rate_hz = record.sample_rate_hz
        heard_uv = in_band(record.samples_uv, rate_hz)
        edges_s = [0.0, *chain.from_iterable((c.onset_s, c.offset_s) for c in record.contractions)]
        assert edges_s == sorted(edges_s)
        for truth in record.contractions:
            assert truth.level_uv == pytest.approx(record.rest_uv * 10 ** (truth.snr_db / 20))
            plateau_s = truth.onset_s + truth.rise_s, truth.offset_s - truth.release_s
            plateau = slice(*(round(s * rate_hz) for s in plateau_s))
            if truth.snr_db >= 10:
                all_uv = rms_without_mains(heard_uv[plateau], rate_hz, record.mains_hz)
                level_uv = np.sqrt(max(all_uv**2 - record.rest_uv**2, 0.0))
                assert level_uv == pytest.approx(truth.level_uv, rel=0.25)


def test_nothing_happens_before_an_onset():
    for record in spliced(4):
        first = round(record.contractions[0].onset_s * record.sample_rate_hz)
        heard_uv = in_band(record.samples_uv[:first], record.sample_rate_hz)
        settled_uv = heard_uv[round(record.sample_rate_hz) :]
        rest_uv = rms_without_mains(settled_uv, record.sample_rate_hz, record.mains_hz)
        assert rest_uv == pytest.approx(record.rest_uv, rel=0.3)


def test_rest_comes_calm_and_with_every_nuisance():
    records = list(at_rest(2 * len(NUISANCES)))
    assert [record.nuisance for record in records[::2]] == ["calm"] * len(NUISANCES)
    assert [record.nuisance for record in records[1::2]] == list(NUISANCES)
    assert not any(record.contractions for record in records)
    for record in records:
        heard_uv = in_band(record.samples_uv, record.sample_rate_hz)
        settled_uv = heard_uv[round(record.sample_rate_hz) :]
        if record.nuisance == "calm":
            rest_uv = rms_without_mains(settled_uv, record.sample_rate_hz, record.mains_hz)
            assert rest_uv == pytest.approx(record.rest_uv)
        else:
            assert np.sqrt(np.mean(settled_uv**2)) > 1.05 * record.rest_uv


def test_hum_comes_and_goes_as_strong_as_it_says():
    records = list(humming(8))
    assert {record.mains_hz for record, _ in records} == {50, 60}
    assert {record.sample_rate_hz for record, _ in records} == {200.0, 250.0, 1000.0, 2000.0}
    for record, switches in records:
        comes, goes = switches[::2], switches[1::2]
        assert len(comes) == len(goes) > 5
        for come, go in zip(comes, goes, strict=True):
            assert come.until_s == go.at_s
            there_s, gone_s = (come.at_s + 1.0, go.at_s), (go.at_s + 1.0, go.until_s)
            there, gone = (
                record.samples_uv[slice(*(round(s * record.sample_rate_hz) for s in span_s))]
                for span_s in (there_s, gone_s)
            )
            assert np.isfinite(there).all()
            if come.times_rest == 10 and record.source == "white rest":
                hum_uv = np.sqrt(there.var() - gone.var())
                assert hum_uv == pytest.approx(10 * record.rest_uv, rel=0.1)


@pytest.mark.parametrize(
    ("rate_hz", "third_hz", "share"), [(250.0, 100, 0.078), (1000.0, 150, 0.5)]
)
def test_a_converter_lets_little_of_the_third_harmonic_through(rate_hz, third_hz, share):
    t_s, source = np.arange(10 * rate_hz) / rate_hz, Simulated("", rate_hz, 50, 0.0)
    x = hum("odd", t_s, source, np.random.default_rng(1))
    assert np.std(x) == pytest.approx(1.0, rel=0.01)
    f_hz = np.fft.rfftfreq(len(x), 1 / rate_hz)
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    first, third = (spectrum[np.abs(f_hz - line_hz) < 2.0].max() for line_hz in (50, third_hz))
    assert third / first == pytest.approx(share, rel=0.2)


def test_a_switch_is_told_once_however_often_it_starts_something():
    (record, switches), tally = next(iter(humming(1))), HumTally()
    first, second = switches[:2]
    found = [{"decided_s": first.at_s + late_s} for late_s in (0.1, 0.2)]
    tally.note(record, switches, [{"decided_s": 1.0}, *found])
    figures = tally.figures()
    assert figures["switches"] == len(switches)
    assert figures["all"]["value"] == pytest.approx(1 / len(switches), abs=1e-4)
    assert set(figures["by_shape"]) <= set(SHAPES)
    assert figures["by_shape"][first.shape]["value"] > 0.0
    assert second.shape == first.shape


def test_labelled_recordings_can_be_read():
    every = list(labelled_recordings())
    assert sum(len(one.onsets_s) for one in every) == 19
    for one in every:
        seconds = len(one.record.samples_uv) / one.record.sample_rate_hz
        assert all(0.0 < onset_s < seconds for onset_s in one.onsets_s)


def test_excerpts_are_small_and_licensed():
    folder = files("emg_feedback.bench.recordings")
    sizes = {
        entry.name: len(entry.read_bytes())
        for entry in folder.iterdir()
        if entry.name.endswith(".npz")
    }
    assert max(sizes.values()) < 200_000
    assert sum(sizes.values()) < 1_000_000
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for name in sizes:
        licence = f"LICENSE-{name.removeprefix('labelled_').removesuffix('.npz')}.txt"
        assert f"`{name}`" in readme
        assert f"`{licence}`" in readme
        assert "Copyright" in (folder / licence).read_text(encoding="utf-8")
