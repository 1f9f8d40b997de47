"""What `bench onset` says of a detector."""

import json
import math
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from emg_feedback.bench import onset
from emg_feedback.bench.figure import Line, Panel, draw
from emg_feedback.bench.intervals import proportion, rate, resampled
from emg_feedback.bench.onset import DETECTORS, bench_onset
from emg_feedback.bench.onset_cases import TONE_S, Contraction, Record
from emg_feedback.bench.onset_plot import plot
from emg_feedback.bench.onset_score import held_against, least_delay_s, share_of_tone_active
from emg_feedback.bench.onset_table import tell
from emg_feedback.cli import main

OURS = next(iter(DETECTORS))
TRUTH = Contraction(
    onset_s=5.0, offset_s=7.0, rise_s=0.1, release_s=0.1, snr_db=10, level_uv=30.0, mean_uv=30.0
)
RECORD = Record(
    "test", 250.0, 50, np.zeros(2500), 10.0, (TRUTH, replace(TRUTH, onset_s=8.0, offset_s=9.0))
)


def found(onset_s, decided_s, offset_s, mean_uv=30.0):
    return {
        "onset_s": onset_s,
        "decided_s": decided_s,
        "offset_s": offset_s,
        "offset_decided_s": offset_s,
        "mean_uv": mean_uv,
    }


def test_the_first_found_while_it_lasted_is_its_own_and_the_rest_is_spare():
    false_start, mine = found(4.0, 4.1, 4.3), found(5.02, 5.1, 6.0, 33.0)
    outcomes, spare = held_against(RECORD, [false_start, mine, found(6.5, 6.6, 7.1)], 0.0)
    assert outcomes[0].delay_s == pytest.approx(0.1)
    assert outcomes[0].onset_error_s == pytest.approx(0.02)
    assert outcomes[0].offset_error_s == pytest.approx(1.0)
    assert outcomes[0].level_ratio == pytest.approx(1.1)
    assert math.isnan(outcomes[1].delay_s)
    assert spare == 2


def test_a_live_decision_before_the_foot_is_a_false_start():
    early = [found(4.9, 4.95, 7.0)]
    assert held_against(RECORD, early, 0.0)[1] == 1
    assert held_against(RECORD, early, 0.3)[1] == 0


def test_an_open_end_has_no_error():
    outcomes, _ = held_against(RECORD, [found(5.0, 5.1, None)], 0.0)
    assert math.isnan(outcomes[0].offset_error_s)


def test_share_of_the_tone():
    start_s, stop_s = TONE_S
    quarter = start_s + (stop_s - start_s) / 4
    assert share_of_tone_active([]) == 0.0
    assert share_of_tone_active([found(0.0, 0.0, quarter)]) == pytest.approx(0.25)
    assert share_of_tone_active([found(quarter, quarter, None)]) == pytest.approx(0.75)


def test_the_bound_on_a_step_is_the_textbook_one():
    step = replace(TRUTH, rise_s=1e-6)
    free_per_s = 2 * (112.5 - 20.0)
    divergence = 0.5 * (10.0 - math.log(11.0))
    expected_s = math.log(600.0 * free_per_s) / divergence / free_per_s
    assert least_delay_s(step, 250.0, 0.1) == pytest.approx(expected_s, abs=0.002)
    assert least_delay_s(TRUTH, 250.0, 0.1) > least_delay_s(step, 250.0, 0.1)
    assert least_delay_s(TRUTH, 250.0, 10.0) < least_delay_s(TRUTH, 250.0, 0.1)
    assert least_delay_s(TRUTH, 1000.0, 0.1) < least_delay_s(TRUTH, 250.0, 0.1)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (7, 10), (300, 300)])
def test_proportion_is_wilsons(hits, n):
    ours = proportion(hits, n)
    theirs = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert ours["low"] == pytest.approx(theirs.low, abs=1e-4)
    assert ours["high"] == pytest.approx(theirs.high, abs=1e-4)


def test_rate_is_garwoods():
    assert rate(0, 10.0) == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.3689, abs=1e-4)}
    three = rate(3, 36.0)
    assert three["low"] == pytest.approx(stats.chi2.ppf(0.025, 6) / 72, abs=1e-4)
    assert three["high"] == pytest.approx(stats.chi2.ppf(0.975, 8) / 72, abs=1e-4)
    assert rate(0, 0.0)["value"] is None


def test_the_bootstrap_draws_records_not_values():
    alike = [np.full(10, float(k)) for k in (1, 2, 3, 4)]
    one = resampled(lambda x: float(np.mean(x)), alike)
    assert one["value"] == 2.5
    assert one["high"] - one["low"] > 1.5  # of 40 values drawn one by one it would be 0.7
    assert resampled(lambda x: 0.0, [np.array([np.nan])])["value"] is None


@pytest.fixture(scope="module")
def result():
    def everything(record):
        return [found(c.onset_s, c.onset_s, c.offset_s) for c in record.contractions]

    said = []
    measured = bench_onset(4, 3, "tune", said.append, others={"oracle": everything})
    assert len(said) == 5
    return measured


def test_the_result_is_whole_and_json(result):
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    for name in (OURS, "oracle"):
        figures = result["detectors"][name]
        for kind in ("spliced", "simulated"):
            assert set(figures[kind]["by_snr_db"]) == set(result["bound"]["delay_ms"][kind])
        assert set(figures["false_starts_per_minute"]) == {
            *("calm", "steps", "mains", "ecg", "spikes", "tone", "nuisances")
        }
    ours = result["detectors"][OURS]
    assert ours["sees"] == "the past"
    hum = ours["hum_starts_per_switch"]
    assert hum["switches"] > 10
    assert set(hum["by_times_rest"]) == {"1", "3", "10"}
    assert set(hum["by_switched"]) == {"at once", "faded"}


def test_who_knows_the_truth_is_right(result):
    oracle = result["detectors"]["oracle"]
    assert oracle["sees"] == "everything"
    assert oracle["spliced"]["precision"]["value"] == 1.0
    for row in oracle["spliced"]["by_snr_db"].values():
        assert row["missed"] == 0
        assert row["onset_error_ms"]["value"] == 0.0
        assert row["delay_ms_p50"]["value"] is None  # it does not decide
    assert oracle["false_starts_per_minute"]["calm"]["events"] == 0
    assert oracle["hum_starts_per_switch"]["all"]["value"] == 0.0


def test_no_delay_is_negative(result):
    rows = result["detectors"][OURS]["spliced"]["by_snr_db"].values()
    assert sum(row["contractions"] - row["missed"] for row in rows) > 8
    assert all(row["delay_ms_p50"]["value"] > 0.0 for row in rows if row["missed"] == 0)


def test_the_table_names_every_detector(result):
    lines = tell(result).splitlines()
    for name in (OURS, "oracle", "ln(ARL)/KL"):
        assert sum(line.startswith(name) for line in lines) >= 2


def test_the_plot_is_svg(result):
    root = ElementTree.fromstring(plot(result))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert {OURS, "oracle"} <= set(texts)


def test_a_chart_leaves_out_what_was_not_measured():
    line = Line([6.0, 10.0, 15.0], [100.0, None, 40.0], [(90.0, 120.0), (None, None), (30.0, 50.0)])
    root = ElementTree.fromstring(draw([Panel("a < b", "dB", "ms", {"one": line})]))
    (points,) = (e.get("points") for e in root.iter() if e.tag.endswith("polyline"))
    assert len(points.split()) == 2


def test_the_command(monkeypatch, capsys, tmp_path, result):
    asked = []
    monkeypatch.setattr(onset, "bench_onset", lambda *given, **_: asked.append(given) or result)
    file = tmp_path / "onset.svg"
    assert main(["bench", "onset", "--cases", "2", "--json", "--plot", str(file)]) == 0
    assert asked[0][:3] == (2, 1, "tune")
    assert json.loads(capsys.readouterr().out) == result
    assert file.read_text(encoding="utf-8").startswith("<svg")
