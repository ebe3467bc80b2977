"""`box meter`: any recording goes through the virtual sensors and comes out as it is."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from waves import Made

from box import meter

BOX = Path(sys.executable).parent / "box"
CHARGER = ((1, 16.0, 4.0), (3, 1.2, 30.0), (5, 0.8, 80.0), (7, 0.5, 10.0))
STANDBY = ((1, 0.5, -88.0), (3, 0.1, 0.0))


def box(*arguments):
    command = [str(BOX), "meter", *[str(a) for a in arguments]]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def written(tmp_path, text):
    path = tmp_path / "wave.csv"
    path.write_text(text)
    return path


def metered(tmp_path, made, seconds=10, **text):
    return meter.measure(meter.read(written(tmp_path, made.text(**text))), seconds)


def assert_right(found, made, phase=0):
    assert found["i_rms"][phase] == pytest.approx(made.rms(2 * phase + 1), rel=0.01)
    assert found["v_rms"][phase] == pytest.approx(made.rms(2 * phase), rel=0.01)
    assert found["p_w"][phase] == pytest.approx(made.watts(phase), rel=0.015)
    energy_ws = made.watts(phase) * found["seconds"]
    assert found["energy_ws"][phase] == pytest.approx(energy_ws, rel=0.015)


@pytest.mark.parametrize("rate_hz", [1_000, 3_200, 30_000])
@pytest.mark.parametrize("hertz", [50.0, 60.0])
def test_any_rate_from_1_khz_up(tmp_path, rate_hz, hertz):
    made = Made(rate_hz, 0.4, hertz, amps=CHARGER)
    assert_right(metered(tmp_path, made), made)


@pytest.mark.parametrize("hertz", [45.3, 52.7, 57.8, 64.6])
def test_any_frequency_of_a_mains_and_a_loop_that_is_not_whole(tmp_path, hertz):
    made = Made(10_000, 0.97, hertz, amps=CHARGER)
    assert_right(metered(tmp_path, made), made)


@pytest.mark.parametrize("hertz, seconds", [(50.0, 1.0), (60.0, 1.3)])
def test_a_short_time_has_its_energy(tmp_path, hertz, seconds):
    made = Made(10_000, 0.1, hertz, amps=CHARGER)
    assert_right(metered(tmp_path, made, seconds), made)


def test_a_loop_of_seconds_has_the_energy_of_its_parts(tmp_path):
    made = Made(2_000, 4.2)
    made.columns[1] = [i if t < 3_000 else 0.0 for i, t in zip(made.columns[1], made.times_ms)]
    found = metered(tmp_path, made, 4.2)
    assert found["energy_ws"][0] == pytest.approx(made.watts() * 4.2, rel=0.01)


def test_three_phases_and_their_energies(tmp_path):
    made = Made(5_000, 0.2, amps=((1, 10.0, 20.0),), phases=3)
    found = metered(tmp_path, made, header="t_ms,v1,i1,v2,i2,v3,i3")
    for phase in range(3):
        assert_right(found, made, phase)
        assert found["pf"][phase] == pytest.approx(0.94, abs=0.01)


def test_uneven_samples_are_where_they_say(tmp_path):
    made = Made(8_000, 0.2, amps=CHARGER)
    kept = [k for k in range(len(made.times_ms)) if k % 7 or k % 3]
    thinned = Made(8_000, 0.2)
    thinned.times_ms = [made.times_ms[k] for k in kept]
    thinned.columns = [[column[k] for k in kept] for column in made.columns]
    assert not meter.read(written(tmp_path, thinned.text())).step_ms
    assert_right(metered(tmp_path, thinned, seconds=20), made)


def test_times_rounded_until_neighbours_share_one_are_even(tmp_path):
    made = Made(30_000, 0.1, amps=CHARGER)
    made.times_ms = [round(t, 1) for t in made.times_ms]
    wave = meter.read(written(tmp_path, made.text()))
    assert not wave.rises and wave.step_ms == pytest.approx(1 / 30, rel=0.001)


def test_an_offset_is_no_current(tmp_path):
    made = Made(4_000, 0.2)
    made.columns[0] = [v + 9.0 for v in made.columns[0]]
    made.columns[1] = [i - 1.5 for i in made.columns[1]]
    assert_right(metered(tmp_path, made), made)


def test_standby_is_no_power(tmp_path):
    made = Made(20_000, 0.2, amps=STANDBY)
    found = metered(tmp_path, made)
    assert found["i_rms"][0] == pytest.approx(made.rms(1), abs=0.03)
    assert found["p_w"][0] == pytest.approx(made.watts(), abs=2)
    assert found["energy_ws"][0] == pytest.approx(10 * made.watts(), abs=20)


def test_nothing_is_exactly_nothing(tmp_path):
    found = metered(tmp_path, Made(4_000, 0.1, amps=((1, 0.0, 0.0),)))
    assert (found["i_rms"], found["p_w"], found["energy_ws"]) == ([0.0], [0.0], [0.0])


def test_the_command_prints_one_object(tmp_path):
    path = written(tmp_path, Made(2_000, 0.1, phases=3).text("time,a,b,c,d,e,f"))
    ran = box(path, "--seconds", 2, "--phases", 2)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert sorted(found) == ["energy_ws", "i_rms", "p_w", "pf", "seconds", "v_rms"]
    assert found["seconds"] == 2 and len(found["p_w"]) == 2
    assert found["pf"][0] == pytest.approx(1.0, abs=0.01)


GOOD = Made(2_000, 0.04).text(header="")


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff# recorded\n\nt_ms,v1,i1\n" + GOOD,
        "Trigger_Date,2023/06/22\nMicroseconds_Per_Sample,32.5\nTime (ms),V,A\n" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\n# in between\n", 3),
        GOOD.replace(",", " , "),
        GOOD.replace("\n", ",\n"),
    ],
)
def test_what_surrounds_the_numbers_does_not_matter(tmp_path, text):
    path = tmp_path / "wave.csv"
    path.write_bytes(text.encode())
    wave = meter.read(path)
    assert len(wave.times_ms) == 80 and wave.phases == 1
    assert wave.step_ms == pytest.approx(0.5) and wave.loop_ms == pytest.approx(40)
    assert max(wave.columns[0]) == pytest.approx(325, abs=1)


def test_columns_go_by_their_names(tmp_path):
    rows = ["%.1f,%d,%d" % (k / 2, k, -k) for k in range(100)]
    wave = meter.read(written(tmp_path, "\n".join(["t_ms,i1,v1", *rows])))
    assert wave.columns[0][3] == -3 and wave.columns[1][3] == 3


BAD = {
    "": "no samples",
    "t_ms,v1,i1\n": "no samples",
    "t_ms,v1,i1\n0,1,2\n": "one sample",
    GOOD + "50,x,1\n": "wave.csv:81: v1: 'x' is not a number",
    GOOD + "50,nan,1\n": "wave.csv:81: v1: nan is no measured value",
    GOOD + "50,1\n": "wave.csv:81: 2 columns where 3 are needed",
    GOOD + "3,1,1\n": "wave.csv:81: t_ms: 3 comes after 39.5: not sorted",
    "0,1,2,3\n1,1,2,3\n": "4 columns are not t_ms,v1,i1",
    "t_ms,v1,v2\n0,1,2\n": "columns are not t_ms,v1,i1",
    "\n".join("%d,1,1" % (3 * k) for k in range(20)): "333 samples a second are less than 1000",
    "\n".join("%g,1,1" % (k / 10) for k in range(20)): "less than a period of the mains",
}


@pytest.mark.parametrize("text", BAD, ids=list(BAD.values()))
def test_a_bad_file_is_one_clear_sentence(tmp_path, text):
    with pytest.raises(ValueError, match="wave.csv") as told:
        meter.read(written(tmp_path, text))
    assert BAD[text] in str(told.value) and "\n" not in str(told.value)


def test_the_command_refuses_with_status_2(tmp_path):
    good = written(tmp_path, GOOD)
    for arguments, why in (
        ((tmp_path / "absent.csv",), "No such file"),
        ((tmp_path,), "Is a directory"),
        ((good, "--phases", 2), "2 phases wanted, the file has 1"),
        ((good, "--phases", 4), "--phases: 4"),
        ((good, "--seconds", 0), "--seconds: 0"),
        ((good, "--seconds", "nan"), "--seconds: nan"),
    ):
        ran = box(*arguments)
        assert ran.returncode == 2 and ran.stdout == "", arguments
        assert why in ran.stderr and ran.stderr.count("\n") == 1, ran.stderr


def test_a_wave_beyond_the_sensor_is_told(tmp_path):
    wave = meter.read(written(tmp_path, Made(2_000, 0.04, amps=((1, 60.0, 0.0),)).text()))
    assert "i1: 84.8528 is beyond the 55" in wave.warning
