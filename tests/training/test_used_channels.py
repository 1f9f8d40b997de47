"""Channels that are not in use: nothing is asked of them."""

import numpy as np
import pytest
from clinic import Clinic

from emg_config import UserError
from emg_config.library import load_protocol
from emg_feedback.link.messages import CalibrateMvc, Phase


def test_a_channel_that_is_not_used_is_neither_at_rest_nor_at_its_maximum():
    clinic = Clinic(["A", "B", "C"])
    session = clinic.session
    assert session.state.used == []
    session.name_channel(2, used=False)
    assert session.state.used == [True, True, False]
    assert session.channel_names == ["A", "B", "C"]
    clinic.calibrate()
    assert np.isnan(session.calibration.rest_uv).tolist() == [False, False, True]
    assert np.isnan(session.calibration.mvc_uv).tolist() == [False, False, True]
    assert [len(trials) for trials in session.calibration.trials] == [2, 2, 0]
    session.set_reference(2, 300.0)
    with pytest.raises(UserError, match="C is not in use"):
        session.start([load_protocol("knee-extension-hold")], [0, 2])
    session.name_channel(2, "D")
    assert session.state.used == [True, True, False], "naming it does not take it in"
    session.name_channel(2, "D", used=True)
    assert session.state.used == []


def test_a_fault_on_a_channel_that_is_not_used_is_no_fault():
    clinic = Clinic(["A", "B"])
    clinic.session.name_channel(1, "B", used=False)
    clinic.session.calibrate_rest(2.0)
    while clinic.session.phase is Phase.REST_CALIBRATION:
        clinic.session.watch_quality(["good", "flat"])
        clinic.turn()
    assert clinic.session.refused is None


def test_what_was_measured_is_forgotten_and_one_channel_stays():
    session = Clinic(["A", "B"]).session
    session.set_reference(1, 300.0)
    session.name_channel(1, "B", used=False)
    assert np.isnan(session.calibration.mvc_uv[1])
    with pytest.raises(UserError, match="one channel at least"):
        session.name_channel(0, "A", used=False)
    assert session.used == [True, False]
    session.calibrate_mvc(CalibrateMvc())
    with pytest.raises(UserError, match="is running"):
        session.name_channel(1, "B", used=True)


def test_a_muscle_that_is_elsewhere_is_refused_and_changes_nothing():
    session = Clinic(["A", "B"]).session
    session.set_reference(1, 300.0)
    with pytest.raises(UserError, match="A is already on channel 1"):
        session.name_channel(1, "A", used=False)
    assert (session.used, session.channel_names) == ([True, True], ["A", "B"])
    assert session.calibration.mvc_uv[1] == 300.0
