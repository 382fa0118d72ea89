# The installed suite, and the tests that stay in the tree: unit, golden, fuzz, bench.

LIBSUITE := $(B)/libsuite.a
LIBSUITE_SRC := $(wildcard suites/lib/*.c suites/report/*.c suites/gate/*.c suites/mutants/*.c) \
	$(addprefix sandbox/egress/,nftables.c netlink.c)
SUITE_SRC := $(wildcard suites/runner/*.c)
UNIT_SRC := $(wildcard suites/unit/*.c)
GOLDEN_SRC := $(wildcard suites/golden/*.c)
BENCH_SRC := $(wildcard suites/bench/*.c)
RUNNER_SRC := $(filter-out suites/runner/main.c suites/runner/parts.c,$(SUITE_SRC))
CALLS_SRC := $(wildcard suites/calls/*.c) $(RUNNER_SRC)
objs = $(patsubst %.c,$(B)/obj/%.o,$(1))
link = $(Q)$(CC) $(LF) $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1) -o $@.$$$$ && mv $@.$$$$ $@

$(LIBSUITE): $(call objs,$(LIBSUITE_SRC))
	$(call say,AR)
	$(Q)$(AR) rcs $@.$$$$ $^ && mv $@.$$$$ $@

# Only the JUnit writer needs libxml2, and so only the suite and the unit tests link it.
XML_LIBS := $(if $(filter static,$(VARIANT)),$(XML_LIBS_STATIC),$(XML_LIBS_SHARED))

# egress with a fault that mutants choose: the same objects, and what goes wrong in front of some of their functions.
WRONG := firstbytes_look hostrules_judge hostrules_judge_addr dns_decide \
	 hostname_parse hostname_parse_authority hostname_is_loopback httphead_parse proxy_look proxy_answer upstream_is \
	 nftables_only_tcp
installed += $(LIBEXEC)/egress-wrong
$(B)/test/egress-fault: WRONG := dns_decide
$(LIBEXEC)/egress-wrong: $(call objs,suites/wrong/egress.c)
$(B)/test/egress-fault: $(call objs,suites/wrong/fault.c)
$(LIBEXEC)/egress-wrong $(B)/test/egress-fault: $(call objs,$(EGRESS_SRC) $(EGRESS_PURE) $(EGRESS_SHARED))
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(if $(LF_EGRESS),$(filter-out -pie,$(LF)),$(LF)) $(LF_EGRESS) $(WRONG:%=-Wl,--wrap=%) $^ -levent_core -lcares -o $@.$$$$ && mv $@.$$$$ $@

# What to do about a finding: from the first comment of each probe's source.
$(B)/gen/remedies.h: ci/gen-remedies $(wildcard probes probes/*-*.c)
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)ci/gen-remedies $(filter %.c,$^) >$@
$(call objs,suites/runner/remedy.c): $(B)/gen/remedies.h

ifneq ($(SUITE_SRC),)
installed += $(LIBEXEC)/suite
endif
installed += $(B)/share/claude-sandbox/report.schema.json
$(B)/share/claude-sandbox/report.schema.json: suites/report/report.schema.json
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(LIBEXEC)/suite: $(call objs,$(SUITE_SRC)) $(B)/gen/pins.o $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	@mkdir -p $(@D)
	$(call link,$(CHECK_LIBS) $(XML_LIBS) $(SANDBOX_LIBS))

# The suite knows its parts by size and hash. One that takes any is for tests, and is not installed.
PINNED := $(sort $(LIBEXEC)/init $(LIBEXEC)/egress $(LIBEXEC)/egress-wrong $(PROBES) $(LIBEXEC)/probes/driver $(LIBEXEC)/probes/MANIFEST)
$(B)/gen/mkpins: $(B)/host/suites/gen/mkpins.o $(B)/host/sandbox/pin.o
	$(call say,HOSTLD)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $^ -o $@.$$$$ && mv $@.$$$$ $@
$(B)/gen/pins.c: $(B)/gen/mkpins $(PINNED)
	$(call say,GEN)
	$(Q)$< $(LIBEXEC) $(PINNED:$(LIBEXEC)/%=%) >$@
# The launcher knows the suite in the same way.
$(B)/gen/suitepin.c: $(B)/gen/mkpins $(LIBEXEC)/suite
	$(call say,GEN)
	$(Q)$< $(LIBEXEC) suite >$@
$(B)/gen/unpinned.c: $(B)/gen/mkpins
	$(Q)$< >$@
$(B)/test/suite: $(call objs,$(SUITE_SRC)) $(B)/gen/unpinned.o $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	@mkdir -p $(@D)
	$(call link,$(CHECK_LIBS) $(XML_LIBS) $(SANDBOX_LIBS))

# suites/unit/test_json.c exports `Suite *json_suite(void)`; this list is how main.c finds it.
$(B)/gen/unit_suites.h: $(wildcard suites/unit suites/unit/test_*.c)
	@mkdir -p $(@D)
	@for f in $(patsubst test_%.c,%,$(notdir $(wildcard suites/unit/test_*.c))); do echo "SUITE($$f)"; done >$@
$(call objs,$(UNIT_SRC)): $(B)/gen/unit_suites.h
$(B)/unit: $(call objs,$(UNIT_SRC) $(RUNNER_SRC) $(filter-out %/program.c,$(EGRESS_SRC))) $(B)/gen/unpinned.o $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	$(call link,$(CHECK_LIBS) $(XML_LIBS) $(SANDBOX_LIBS) -levent_core -lcares)
$(B)/golden: $(call objs,$(GOLDEN_SRC)) $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	$(call link,$(CHECK_LIBS) $(SANDBOX_LIBS))
# Where it finds what is installed as the programs of bin do.
$(B)/test/calls: $(call objs,$(CALLS_SRC)) $(B)/gen/unpinned.o $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	@mkdir -p $(@D)
	$(call link,$(CHECK_LIBS) $(XML_LIBS) $(SANDBOX_LIBS))
$(B)/netload: $(call objs,suites/netload/main.c) $(LIBSANDBOX)
	$(call say,LD)
	$(call link,$(SANDBOX_LIBS))
$(B)/bench: $(call objs,$(BENCH_SRC)) $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	$(call link,$(SANDBOX_LIBS))

tests := $(if $(SUITE_SRC),$(B)/test/suite $(B)/test/claude-sandbox) $(if $(UNIT_SRC),$(B)/unit) $(if $(GOLDEN_SRC),$(B)/golden) $(if $(BENCH_SRC),$(B)/bench) $(B)/test/calls $(B)/netload
build-tests: $(tests)	## the test programs of this variant: unit, golden, bench
check-calls: all $(B)/test/calls	## open each refused system call singly, in a box: a probe must see it (slow)
	@ci/check-calls $(B)/test/calls $(GLOBS)
bless: $(B)/golden	## rewrite the expected plans of fixtures/golden; read the diff
	$< --bless

# --- fuzz: libFuzzer with clang, and a replay of the corpus with gcc
PARSERS := $(patsubst suites/fuzz/fuzz_%.c,%,$(wildcard suites/fuzz/fuzz_*.c))

FUZZ := build/fuzz
FUZZ_CC := clang
FUZZ_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CF = $(xml) $(WARN) -Wno-unknown-warning-option $(DEFS) $(INCLUDE) -O1 -g -fno-omit-frame-pointer
FUZZ_LIB_OBJ := $(patsubst %.c,$(FUZZ)/obj/%.o,$(SANDBOX_SRC) $(LIBSUITE_SRC)) $(GEN_OBJ)

$(FUZZ)/obj/suites/fuzz/%.o: suites/fuzz/%.c $(stamp)
	$(call say,FUZZCC)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CF) -fsanitize=fuzzer-no-link $(FUZZ_SAN) -MMD -MP -c $< -o $@
$(FUZZ)/obj/%.o: %.c $(stamp)
	$(call say,FUZZCC)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_CF) -fsanitize=fuzzer-no-link $(FUZZ_SAN) -MMD -MP -c $< -o $@
$(FUZZ)/lib.a: $(FUZZ_LIB_OBJ)
	$(Q)$(AR) rcs $@.$$$$ $^ && mv $@.$$$$ $@
$(FUZZ)/%: $(FUZZ)/obj/suites/fuzz/fuzz_%.o $(FUZZ)/lib.a
	$(call say,FUZZLD)
	$(Q)$(FUZZ_CC) -fsanitize=fuzzer $(FUZZ_SAN) $^ $(SANDBOX_LIBS) -o $@.$$$$ && mv $@.$$$$ $@

fuzz: $(if $(PARSER),$(FUZZ)/$(PARSER))	## PARSER=conf SECONDS=20: fuzz one parser with libFuzzer
	@[ -n '$(PARSER)' ] || { echo 'make fuzz PARSER=NAME, one of: $(PARSERS)' >&2; exit 2; }
	@ci/fuzz $(FUZZ)/$(PARSER) $(PARSER) $(SECONDS)

REPLAYS := $(PARSERS:%=$(B)/replay/%)
$(B)/replay/%: $(B)/obj/suites/fuzz/fuzz_%.o $(B)/obj/suites/fuzz/replay.o $(LIBSUITE) $(LIBSANDBOX)
	$(call say,LD)
	@mkdir -p $(@D)
	$(call link,$(SANDBOX_LIBS))
replays: $(REPLAYS)

-include $(shell find build/fuzz -name "*.d" 2>/dev/null || true)

.PHONY: build-tests check-calls bless fuzz replays
