# The course in one word: `make lab`. Everything is installed into .venv of this clone.
#
#   make lab                             open the course in JupyterLab
#   make lab PORT=8899 HOST=0.0.0.0      the same, from a container or for another machine
#   make test                            run the tests and every lesson
#   make test ARGS="tests/test_stft.py"  run some
#   make hub                             try out JupyterHub, for a class on one server
#   make site                            build the site into build/site
#
# Windows has no make: there it is `py tools\course.py lab`, and so on.

.PHONY: help lab test hub slides results bench site lint lock

# The first Python of 3.11 or newer that can make a virtual environment.
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$name -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1 && echo $$name && break; done)
COURSE = $(if $(PYTHON),$(PYTHON) tools/course.py,$(error No Python 3.11 or newer found. \
	Install it from python.org or your system (Debian and Ubuntu: apt install python3 python3-venv), \
	or say where it is: make $@ PYTHON=/path/to/python3.11))

help:
	@sed -n 's/^#   //p' Makefile

lab:
	@$(COURSE) lab $(if $(PORT),--port $(PORT)) $(if $(HOST),--host $(HOST))

test:
	@$(COURSE) test $(ARGS)

hub:
	@$(COURSE) python deploy/try_out.py $(if $(PORT),--port $(PORT))

slides:
	@$(COURSE) python -m tools.slides $(ARGS)

results:
	@$(COURSE) sepedu results --data musdb7
	@$(COURSE) python -m tools.results_pages

bench:
	@$(COURSE) python -m tools.bench $(ARGS)

site:
	@$(COURSE) python -m tools.site $(ARGS)

lint:
	@$(COURSE) python -m ruff check .
	@$(COURSE) python -m ruff format --check sepedu tests tools
	@.venv/bin/lint-imports --no-cache

lock:
	uv pip compile --quiet --config-file tools/uv.toml --output-file requirements.lock $(ARGS) pyproject.toml
