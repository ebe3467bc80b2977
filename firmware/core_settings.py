"""Config, board and what survived the last start, in the words of the core."""

from exchange import WELD

from state.settings import Settings


def settings(wiring, board, config, reading, crashes):
    """Translate config, board capabilities and what survived into the core's settings."""
    chosen = Settings()
    chosen.crashes = crashes
    chosen.total_wh = reading.total_wh
    chosen.rest_ws = reading.rest_ws
    chosen.first_session = reading.next_session
    chosen.open_session = reading.session
    chosen.session_ws = reading.session_ws
    chosen.session_s = reading.session_s
    chosen.closings = reading.closings
    chosen.welded = 1 if reading.kept & WELD else 0
    chosen.ventilated = config["ventilated"]
    chosen.glitch_hold_ms = config["glitch_hold_ms"]
    chosen.wake_after_ms = config["wake_after_s"] * 1_000
    chosen.wake_signals = config["wake_signals"]
    chosen.safe_da = config["safe_current_a"] * 10
    chosen.simplified_da = config["simplified_limit_a"] * 10
    chosen.most_interruptions = config["most_interruptions"]
    chosen.over_voltage_mv = config["over_voltage_v"] * 1_000
    chosen.under_voltage_mv = config["under_voltage_v"] * 1_000
    chosen.high_chz = config["high_hz"] * 100
    chosen.open_pen = config["open_pen"]
    chosen.has_socket = 1 if wiring.proximity else 0
    chosen.has_lock = 1 if wiring.lock else 0
    chosen.has_feedback = 1 if "feedback" in board.CONTACTOR else 0
    residual = getattr(board, "RESIDUAL_CURRENT", {})
    chosen.has_residual_test = 1 if "test" in residual else 0
    chosen.residual_answer_ms = residual.get("answer_ms", 0)
    chosen.residual_clear_ms = residual.get("clear_ms", 0)
    return chosen


def limits_da(board, config):
    """Return what the board, or its own cable, carries, and what the installer allows."""
    carried_a = min(board.RATING_A, getattr(board, "CABLE_A", board.RATING_A))
    return carried_a * 10, config["installer_limit_a"] * 10
