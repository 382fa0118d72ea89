# claude-sandbox: one Makefile, non-recursive. Sources are found by wildcard, so a new module, probe or
# test needs no line here. Everything that is built lies below build/.
#
#   make                          build/release, laid out as it will be installed; runs from there
#   make VARIANT=debug|asan|static
#   make CC=clang                 build/clang-release
#   make WERROR=1                 warnings are errors (so in make check, debug and asan)
#   CPPFLAGS, CFLAGS, LDFLAGS     yours, appended last

MAKEFLAGS += -rR --no-print-directory
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
SHELL := bash
.SHELLFLAGS := -euc

VERSION := 0.1.0
VARIANT ?= release
PREFIX ?= /usr/local
PROJECT ?= $(CURDIR)
SECONDS ?= 20
PARSER ?=

override PREFIX := $(patsubst ~/%,$(HOME)/%,$(PREFIX))
BINDIR ?= $(PREFIX)/bin
LIBEXECDIR ?= $(PREFIX)/libexec/claude-sandbox
SHAREDIR ?= $(PREFIX)/share

ifneq ($(filter default undefined,$(origin CC)),)
CC := gcc
endif
ifneq ($(filter default undefined,$(origin AR)),)
AR := ar
endif
HOSTCC ?= gcc
HOST := $(patsubst %-linux-gnu-gcc,%-,$(filter %-linux-gnu-gcc,$(notdir $(CC))))
B := build/$(if $(findstring clang,$(notdir $(CC))),clang-)$(HOST)$(VARIANT)

ifeq ($(filter $(VARIANT),release debug asan static),)
$(error VARIANT=$(VARIANT): try release, debug, asan or static)
endif

# --- what the compiler and the libraries offer, asked once a compiler
CC_MK := build/cc-$(notdir $(firstword $(CC)))$(if $(word 2,$(CC)),-$(shell echo '$(CC)' | cksum | cut -d' ' -f1)).mk
no_build := help tidy format clean check check-agent check-egress check-fresh check-vm check-stable check-readme check-compose lint format tidy aarch64 security-test report bench uninstall
ifneq ($(filter-out $(no_build),$(or $(MAKECMDGOALS),all)),)
include $(CC_MK)
endif
$(CC_MK): ci/probe-cc
	@mkdir -p $(@D)
	@ci/probe-cc $(CC) >$@.new && mv $@.new $@

# --- flags
WARN := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wwrite-strings -Wcast-qual -Wformat=2 -Wformat-nonliteral -Wundef -Wvla -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference
DEFS := -D_GNU_SOURCE -DCLAUDE_SANDBOX_VERSION='"$(VERSION)"'
# Sources that turn foreign bytes into lengths also get the conversion warnings.
STRICT := $(addprefix sandbox/,bpfsim.c gitconf.c json.c path.c) \
	$(addprefix sandbox/egress/,ipaddr.c hostname.c hostrules.c dns.c clienthello.c httphead.c answerhead.c requests.c socks.c proxy.c) $(addprefix suites/lib/,tap.c manifest.c)
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(or $(FORTIFY_LEVEL),2)
HARD = -O2 -g $(FORTIFY) -fno-common -fno-strict-overflow -fvisibility=hidden $(CC_HARD)
SAN := -O1 -g -fno-omit-frame-pointer -fno-common -fsanitize=address,undefined -fno-sanitize-recover=all

opt_release = $(HARD)
opt_static = $(HARD)
opt_debug = -Og -g3 $(CC_HARD)
opt_asan = $(SAN)
link_release = -pie $(CC_LINK)
link_debug = -pie $(CC_LINK)
# 0.2 to 0.3 ms of a launch are the loader's (README, "Figures"). The default is dynamic nonetheless: what a distribution
# mends in a library reaches a program that loads it, and Debian has no libcjson.a.
link_static = $(if $(STATIC_OK),-static-pie,-pie) $(CC_LINK)
link_asan = -fsanitize=address,undefined
WERROR ?= $(if $(filter debug asan,$(VARIANT)),1)

INCLUDE = -iquote sandbox -iquote probes -iquote suites/lib -iquote suites -iquote $(B)/gen
common = $(WARN) $(if $(WERROR),-Werror) $(DEFS) $(INCLUDE)
strict = $(if $(filter $(STRICT),$<),-Wconversion -Wsign-conversion)
xml = $(if $(filter suites/report/junit.c,$<),$(XML_CFLAGS))
CF = $(common) $(xml) -fPIE $(opt_$(VARIANT)) $(CPPFLAGS) $(CFLAGS)
LF = $(link_$(VARIANT)) $(LDFLAGS)
# Programs that run inside the box: static, never sanitized.
CF_BOX = $(common) $(filter-out -g,$(HARD)) $(CPPFLAGS) $(CFLAGS)
LF_BOX = -static -Wl,-z,noexecstack,-z,relro,--gc-sections -s $(LDFLAGS)
CF_HOST = $(common) -O1 -g

# Every object depends on this file; it changes only when a command line would.
stamp := $(B)/flags
ifneq ($(filter-out $(no_build),$(or $(MAKECMDGOALS),all)),)
ifdef CC_PROBED
$(shell mkdir -p $(B); echo '$(subst ','\'',$(CC) $(CF) $(LF) $(INIT_CC) $(CF_BOX) $(LF_BOX) $(VERSION))' >$(stamp).$$$$; \
	cmp -s $(stamp).$$$$ $(stamp) && rm $(stamp).$$$$ || mv $(stamp).$$$$ $(stamp))
endif
endif

Q := $(if $(V),,@)
silent := $(findstring s,$(firstword -$(MAKEFLAGS)))
say = $(if $(V)$(silent),,@echo "  $(1)	$(patsubst build/%,%,$@)")

$(B)/obj/%.o: %.c $(stamp)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CF) $(strict) -MMD -MP -c $< -o $@
$(B)/box/%.o: %.c $(stamp)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CF_BOX) $(strict) -MMD -MP -c $< -o $@
$(B)/init/%.o: %.c $(stamp)
	$(call say,INITCC)
	@mkdir -p $(@D)
	$(Q)$(INIT_CC) $(CF_BOX) -MMD -MP -c $< -o $@
$(B)/host/%.o: %.c $(stamp)
	$(call say,HOSTCC)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(CF_HOST) -MMD -MP -c $< -o $@
# generated sources
$(B)/gen/%.o: $(B)/gen/%.c $(stamp)
	$(call say,CC)
	$(Q)$(CC) $(CF) -MMD -MP -c $< -o $@

LIBEXEC := $(B)/libexec/claude-sandbox

all:	## build everything that is installed (default)
include sandbox/module.mk probes/module.mk suites/module.mk
all: $(installed)

# --- install
install: all	## copy to $(DESTDIR)$(PREFIX); PREFIX=~/.local needs no root
	@ci/install '$(B)' '$(DESTDIR)' '$(BINDIR)' '$(LIBEXECDIR)' '$(SHAREDIR)' $(patsubst $(B)/%,%,$(installed))
uninstall:	## remove exactly what install made
	@ci/uninstall '$(DESTDIR)' '$(LIBEXECDIR)'

# --- tests; each of these can be run by hand on its own
check:	## all checks, a table of stages in ci/stages; under 20 minutes
	@ci/bootstrap check
	@ci/check $(STAGES)
security-test:	## build, then attack the sandbox of PROJECT=... (this checkout by default)
	@ci/bootstrap build run
	@$(MAKE) all
	@$(B)/bin/claude-sandbox --security-test '$(PROJECT)'
report:	## write REPORT.md from a security test of this machine
	@ci/bootstrap build run
	@$(MAKE) all
	@$(B)/bin/claude-sandbox --security-test --format markdown --output REPORT.md '$(PROJECT)'; echo 'see REPORT.md'
lint:	## every script of ci/lint, then each of them on its failing example
	@ci/run-lints
format:	## apply .clang-format to the C sources
	@git ls-files -co --exclude-standard -- '*.[ch]' ':!:fixtures' | xargs -n 8 -P 2 clang-format-14 -i --style=file
tidy:	## clang-tidy over all sources but the single probes
	@git ls-files -co --exclude-standard -- 'sandbox/*.c' 'suites/*.c' probes/probe.c probes/driver.c | \
		xargs -P 2 -I{} clang-tidy-14 --quiet {} -- -std=gnu11 $(DEFS) $(subst $(B)/gen,build/release/gen,$(INCLUDE)) 2>/dev/null
aarch64:	## cross-compile into build/aarch64-release
	@ci/aarch64
check-fresh:	## the same in a minimal Debian made with debootstrap (needs root)
	@ci/check-fresh
check-vm:	## --limit in a machine of its own with systemd, in QEMU (needs root); minutes
	@ci/bootstrap vm
	@$(MAKE) all
	@ci/vm
check-agent:	## the real agent from npm, honest and hostile sessions against a scripted model
	@ci/bootstrap check
	@$(MAKE) all
	@ci/check-agent
check-egress:	## apt-get, npm, pip and git over ssh through --net filtered, from the registries of this machine
	@ci/bootstrap check
	@$(MAKE) all
	@ci/check-egress
bench:	## measure the launcher against its budgets, and the network of a box beside that of others
	@ci/bootstrap build run
	@ci/bootstrap bench || echo 'bench: what is missing is absent from the comparison' >&2
	@$(MAKE) all build-tests
	@$(B)/bench
	@ci/bench-egress
bench-huge:	## start and protection in a project of FILES files (500,000)
	@$(MAKE) all
	@ci/bench-huge
check-compose check-stable check-readme:
	@ci/run-if-there ci/$@

objects: $(patsubst %.c,$(B)/obj/%.o,$(SANDBOX_SRC) $(wildcard sandbox/main.c) $(LIBSUITE_SRC) $(SUITE_SRC) $(UNIT_SRC) \
	$(GOLDEN_SRC) $(BENCH_SRC)) $(patsubst %.c,$(B)/init/%.o,$(INIT_SRC)) $(patsubst %.c,$(B)/box/%.o,$(wildcard probes/*.c))	## compile everything, link nothing

clean:	## remove build/
	@rm -rf build
help:	## this list
	@echo 'make [VARIANT=release|debug|asan|static] [CC=gcc|clang] [TARGET]'
	@sed -n 's/^\([a-z][a-z0-9-]*\):.*	## /\1	/p' Makefile suites/module.mk | sort | \
		while IFS='	' read -r t d; do printf '  %-14s %s\n' "$$t" "$$d"; done
	@echo '  check-compose, check-stable, check-readme: single parts of check'

.PHONY: all install uninstall check security-test report lint format tidy aarch64 check-agent check-egress check-fresh check-vm bench bench-huge check-compose \
	check-stable check-readme clean help objects

-include $(shell [ -d $(B) ] && find $(B) -type f -name '*.d')
