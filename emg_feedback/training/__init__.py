"""Calibration, targets, repetitions and their scores."""
