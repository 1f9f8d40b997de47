import json
from itertools import count

import numpy as np
import pytest

from emg_config import ChainSettings
from emg_feedback import Chain
from emg_feedback.bench import kernels, limit, scipy_chain
from emg_feedback.cli import main

CASES = (
    kernels.Case(8, 1000.0, 8, hot_blocks=50, paced_blocks=3),
    kernels.Case(384, 1000.0, 8, hot_blocks=50),
)
CONTENDERS = {"chain", "scipy"}


def emg(n_samples, n_channels, seed=1):
    x = np.random.default_rng(seed).normal(0.0, 4.0, (n_samples, n_channels))
    x[n_samples // 2 : 3 * n_samples // 4] *= 12.0
    return x


@pytest.fixture(scope="module")
def library():
    try:
        return limit.compile_limit()
    except limit.NoLimitError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def measured():
    """A measurement by a clock on which every call takes one microsecond."""
    ticks, slept = count(step=1000), []
    result = kernels.bench_kernels(
        CASES, silence_s=2.0, clock_ns=lambda: next(ticks), sleep=slept.append
    )
    return result, slept


def test_the_fields_of_the_contract(measured):
    result, slept = measured
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    sizes = [(row["channels"], row["pace"], row["blocks"]) for row in result["rows"]]
    assert sizes == [(8, "hot", 50), (8, "paced", 3), (384, "hot", 50)]
    for row in result["rows"]:
        contenders = CONTENDERS | (set() if result["cpp_missing"] else {"cpp"})
        assert row["us_per_block"].keys() == row["ns_per_sample_channel"].keys() == contenders
        assert row["us_per_block"]["chain"] == {"median": 1.0, "p99": 1.0}
        per_sample = 1000.0 / row["channels"] / row["block_samples"]
        assert row["ns_per_sample_channel"]["chain"]["median"] == round(per_sample, 3)
        assert row["faster_than_scipy"] == 1.0
    assert set(slept) == {0.008}
    assert result["growth_8_to_384"] == 1.0
    assert result["silence"]["ratio"] == 1.0
    assert result["machine"]["scipy"]
    assert "384" in kernels.tell(result)


def test_without_a_compiler_it_says_why(monkeypatch):
    monkeypatch.setattr(limit, "COMPILERS", ("no-such-compiler",))
    result = kernels.bench_kernels(CASES[:1], silence_s=2.0, sleep=lambda _: None)
    assert "compiler" in result["cpp_missing"]
    assert result["rows"][0]["times_cpp"] is None
    assert "compiler" in kernels.tell(result)


@pytest.mark.parametrize("broken", ["missing", "refused"])
def test_a_source_that_cannot_be_compiled(broken, monkeypatch, tmp_path):
    source = tmp_path / "limit.cpp"
    if broken == "refused":
        source.write_text("this is not C++", encoding="utf-8")
    monkeypatch.setattr(limit, "SOURCE", source)
    with pytest.raises(limit.NoLimitError):
        limit.compile_limit()


def test_pushing_keeps_nothing(measured):
    # Some free lists of the interpreter grow by a few blocks at times.
    assert measured[0]["allocations_kept"] < 50


@pytest.mark.parametrize("n_channels", [1, 8, 13, 64])
@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
def test_cpp_gives_what_the_kernels_give(library, n_channels, rate_hz):
    x = emg(6000, n_channels)
    x[2700:2703] = np.nan
    x[1800, 0] = np.inf
    x[1900:2000, -1] = np.nan
    settings = ChainSettings(mains_hz=None)
    chain = Chain(n_channels, rate_hz, settings)
    cpp = limit.Limit(library, n_channels, rate_hz, settings, 4.0)
    same = []
    for start in range(0, len(x), 100):
        block = x[start : start + 100]
        features = chain.push(block)
        assert cpp.push(block) > 0.0
        for out, ours in zip(
            cpp.out,
            (features.filtered_uv, features.envelope_uv, features.slow_envelope_uv),
            strict=True,
        ):
            np.testing.assert_allclose(out, ours, rtol=1e-9, atol=1e-9)
        same.append(cpp.active == features.active)
    cpp.close()
    assert np.vstack(same[20:]).mean() > 0.97


@pytest.mark.parametrize("mains_hz", [50.0, 50.2])
def test_cpp_takes_the_mains_out(library, mains_hz):
    x = emg(4000, 5)
    hum = 40.0 * np.sin(2.0 * np.pi * mains_hz * np.arange(len(x)) / 1000.0)[:, None]
    clean = []
    for block in (x, x + hum):
        cpp = limit.Limit(library, 5, 1000.0, ChainSettings(), 4.0)
        cpp.push(block)
        clean.append(cpp.out[0])
        cpp.close()
    left = (clean[1] - clean[0])[3500:]
    assert np.sqrt(np.mean(np.square(left))) < 0.02 * 40.0


def test_scipy_gives_what_the_kernels_give():
    x, settings = emg(8000, 2), ChainSettings(envelope="damped", mains_filter="notch")
    ours = Chain(2, 1000.0, settings).push(x)
    peer = scipy_chain.ScipyChain(2, 1000.0, settings, 4.0)
    parts = zip(*(peer.push(x[i : i + 8]) for i in range(0, len(x), 8)), strict=True)
    filtered, fast, slow, active = (np.vstack(part) for part in parts)
    settled = slice(3000, None)
    np.testing.assert_allclose(filtered[settled], ours.filtered_uv[settled], atol=1e-3)
    np.testing.assert_allclose(fast[settled], ours.envelope_uv[settled], rtol=1e-3)
    np.testing.assert_allclose(slow[settled], ours.slow_envelope_uv[settled], rtol=1e-3)
    assert (active[settled] == ours.active[settled]).mean() > 0.97


def test_the_command(monkeypatch, capsys):
    monkeypatch.setattr(kernels, "bench_kernels", lambda: {"rows": []})
    assert main(["bench", "kernels", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"rows": []}
