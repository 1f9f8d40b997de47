import numpy as np
import pytest

from emg_feedback.latency import N_KEPT, Latency
from emg_feedback.stream.quality import Quality


def test_quality_words():
    quality = Quality(3, 250.0, 187_500.0)
    random = np.random.default_rng(0)
    words = []
    for _ in range(100):
        block = random.normal(0.0, 5.0, (2, 3))
        block[:, 1] = 42.0
        block[:, 2] = -187_500.0
        words.append(quality.push(block, block - block.mean(axis=0)))
    assert words[0] == ["good", "good", "off scale"]
    assert words[-1] == ["good", "flat", "off scale"]


def test_latency_keeps_the_newest_and_ignores_unknown_clocks():
    latency = Latency()
    latency.add("a", float("nan"))
    assert latency.summary_ms() == {}
    for i in range(N_KEPT + 10):
        latency.add("a", 0.001 if i >= 10 else 5.0)
    assert latency.summary_ms()["a"]["max"] == pytest.approx(1.0)
