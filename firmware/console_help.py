"""What console.help() prints. Loaded only for that."""

# how it is called, what it is for
HELP = (
    ("status()", "the box on one screen: pilot, state, offer, faults"),
    ("why()", "why the contactor last moved, and what keeps it open now"),
    ("pilot()", "plateau voltages, duty, diode: what the box sees of the car"),
    ("meter()", "currents, voltages, power, frequency, energy"),
    ("faults()", "the faults in force: cause, what to do, how each ends"),
    ("events(n=10)", "the last events, newest last"),
    ("sessions(n=5)", "the last charging sessions kept on flash, newest last"),
    ("export(n=50)", "the same as JSON lines, signatures and all"),
    ("blackbox()", "what led to the last fault, JSON lines for `box replay`"),
    ("config()", "every setting, its range and meaning; secrets are stars"),
    ("set(name, value)", "check and save one setting; in force from the next start on"),
    ("limit(amps)", "offer at most 6 to 80 A; 0 stops, None takes the limit away"),
    ("enable(on)", "True allows charging, False ends it"),
    ("reset_faults()", "clear latched faults whose cause is gone"),
    ("restart()", "start the box anew, with all its parts; contactor open"),
    ("selftest()", "test the box with the three test resistors, step by step"),
    ("calibrate(...)", "calibrate the meter step by step; it says what to do"),
    ("log(level)", "show events as they come: 'off', 'faults' or 'events'"),
    ("follow(seconds)", "wait and show events as they come; Ctrl-C ends it"),
    ("help()", "this list"),
)
