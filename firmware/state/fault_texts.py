"""What people read about the faults of faults.py. Loaded only while it is told."""

ACTIONS = ("told only", "stop: car has 6 s", "open at once", "open, stay in F")
CLEARS = ("when gone for its wait", "on unplugging or reset", "on reset only")
# fault: cause, what a person should do
TEXTS = {
    "pilot_short": ("Pilot shorted to earth", "Check plug and cable"),
    "pilot_undecided": ("Pilot between states", "Dry the plug"),
    "oscillator": ("Pilot not as sent", "Service"),
    "supply_rail": ("12 V supply out of range", "Call service"),
    "pilot_input": ("Pilot input stuck or saturated", "Call service"),
    "diode_lost": ("No diode seen in the car", "Dry the plug"),
    "cable_undefined": ("Cable unreadable", "Replug"),
    "cable_lost": ("Proximity contact lost", "Check the cable"),
    "residual_dc": ("DC to earth", "Have car checked"),
    "residual_ac": ("AC to earth", "Dry plug; check car"),
    "residual_test": ("Residual monitor failed", "Call service"),
    "welded": ("Contactor welded", "Switch off the breaker"),
    "stuck_open": ("Contactor stays open", "Service"),
    "feedback_wrong": ("Feedback broken", "Service"),
    "earth_lost": ("Protective earth missing", "Electrician"),
    "above_offer": ("Car draws over its offer", "Nothing"),
    "over_current": ("Car ignores its offer", "Limit the car"),
    "over_current_hard": ("20 % over", "Check the car"),
    "overload": ("Half over the rating", "Check the car"),
    "over_voltage": ("Mains too high", "Wait; electrician"),
    "under_voltage": ("Mains too low", "Wait; electrician"),
    "frequency": ("Mains frequency off", "Wait"),
    "open_pen": ("Neutral may be open", "Electrician"),
    "phase_lost": ("A phase is missing", "Check the breaker"),
    "hot": ("Too hot", "Shade the box; goes on when cool"),
    "thermometer": ("No temperature", "Service; 6 A"),
    "cycled": ("Interrupted too often", "Unplug, or reset"),
    "restarted": ("Restarted by watchdog", "Wait 30 s"),
    "crash_loop": ("Keeps restarting", "Reset; service"),
    "stage_failed": ("Internal error", "Restart the box"),
}
