"""What a box is set to as delivered, written out apart from the code; sources in settings.py."""

from state.settings import Settings

DELIVERED = {
    "ventilated": 0,
    "glitch_hold_ms": 550,
    "wake_after_ms": 30_000,
    "wake_ms": 4_000,
    "wake_signals": 1,
    "safe_da": 60,
    "simplified_da": 0,
    "most_interruptions": 4,
    "over_voltage_mv": 270_000,
    "under_voltage_mv": 184_000,
    "low_chz": 4_750,
    "high_chz": 5_100,
    "open_pen": 0,
}
A_SOCKET_BOX = {"has_socket": 1, "has_lock": 1, "has_feedback": 1, "has_residual_test": 1}
MONITOR = {"residual_answer_ms": 1_000, "residual_clear_ms": 1_500}
NOTHING_KEPT = {
    "crashes": 0,
    "welded": 0,
    "first_session": 1,
    "total_wh": [0] * 3,
    "rest_ws": [0] * 3,
}
NO_SESSION_CUT = {"open_session": 0, "session_ws": [0] * 3, "session_s": 0, "closings": 0}


def test_a_new_box_is_set_so():
    assert vars(Settings()) == DELIVERED | A_SOCKET_BOX | MONITOR | NOTHING_KEPT | NO_SESSION_CUT
