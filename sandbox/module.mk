# libsandbox.a (everything but main.c), the launcher, init, the build-host tools and what they generate.

# The parsers and the policy of egress: pure, and in the archive, where launcher, tests and fuzzers find them.
EGRESS_PURE := $(wildcard $(addprefix sandbox/egress/,$(addsuffix .c,ipaddr hostname hostrules dns clienthello httphead answerhead requests socks proxy)))
SANDBOX_SRC := $(filter-out sandbox/main.c,$(wildcard sandbox/*.c)) $(EGRESS_PURE)
INIT_SRC := $(wildcard sandbox/init/*.c)
# The program egress: its parts, and what it shares with the launcher.
EGRESS_SRC := $(filter-out $(EGRESS_PURE),$(wildcard sandbox/egress/*.c))
EGRESS_SHARED := $(addprefix sandbox/,diag.c mem.c jsonout.c)
LF_EGRESS := $(if $(filter asan,$(VARIANT)),,-static-pie)
GEN := $(patsubst sandbox/gen/%.c,$(B)/gen/%,$(wildcard sandbox/gen/*.c))
# What the build-host tools link beside their own source.
MKFILTER_SRC := $(wildcard $(addprefix sandbox/,filter_build.c diag.c mem.c strv.c))
OPTDOC_SRC :=

# generated sources
GEN_OBJ := $(if $(wildcard sandbox/gen/mkfilter.c),$(B)/gen/filter_default.o) $(B)/gen/build.o $(B)/gen/mitmkeep.o $(if $(INIT_SRC),$(B)/gen/init_bytes.o)
# What decides how a launch and a security test come out; tests and documentation are no part of it.
BUILD_DIRS := sandbox sandbox/egress sandbox/init sandbox/gen sandbox/data probes $(addprefix suites/,lib report mutants runner gate wrong)
BUILD_SRC := $(sort $(wildcard probes/MANIFEST $(foreach d,$(BUILD_DIRS),$(addprefix $(d)/,*.c *.h *.def *.py))))

$(B)/gen/mkfilter: $(patsubst %.c,$(B)/host/%.o,sandbox/gen/mkfilter.c $(MKFILTER_SRC))
	$(call say,HOSTLD)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $^ -lseccomp -o $@.$$$$ && mv $@.$$$$ $@
$(B)/gen/optdoc: $(patsubst %.c,$(B)/host/%.o,sandbox/gen/optdoc.c $(OPTDOC_SRC))
	$(call say,HOSTLD)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $^ -o $@.$$$$ && mv $@.$$$$ $@
$(B)/gen/filter_default.c: $(B)/gen/mkfilter
	$(call say,GEN)
	$(Q)$< >$@

# Which build this is: a digest of its sources and of the compiler's command lines.
$(B)/gen/build.c: $(BUILD_SRC) $(BUILD_DIRS) $(stamp)
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)sum=$$(cat $(BUILD_SRC) $(stamp) | sha256sum); \
		printf '#include "build.h"\nconst char build_id[] = "%.16s";\n' "$$sum" >$@.new
	@cmp -s $@.new $@ && touch $@ && rm $@.new || mv $@.new $@

# What mitmdump is given to read, as a string.
$(B)/gen/mitmkeep.c: sandbox/data/mitmkeep.py
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q){ printf '#include "mitmrun.h"\nconst char mitmrun_script[] =\n'; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $<; echo ';'; } >$@.$$$$ && mv $@.$$$$ $@

# The launcher starts the init of its own build only.
$(B)/gen/init_bytes.c: $(LIBEXEC)/init
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)printf '#include "build.h"\nconst unsigned long long build_init_bytes = %s;\n' "$$(stat -Lc %s $<)" >$@.new
	@cmp -s $@.new $@ && touch $@ && rm $@.new || mv $@.new $@

# cJSON from its source, where there is no archive of it: always for VARIANT=static, or with CJSON_SRC=DIR.
ifeq ($(CJSON_SRC)$(STATIC_OK),)
CJSON_SRC := $(if $(filter static,$(VARIANT)),build/cjson/src)
endif
ifneq ($(CJSON_SRC),)
STATIC_OK := 1
CJSON_OBJ := $(B)/gen/cJSON.o
SANDBOX_LIBS := $(filter-out -lcjson %/libcjson.a,$(SANDBOX_LIBS))
endif
build/cjson/src/cJSON.c:
	@ci/cjson-source
$(B)/gen/cJSON.o: $(CJSON_SRC)/cJSON.c $(stamp)
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out $(WARN) -Werror,$(CF)) -w -c $< -o $@

LIBSANDBOX := $(B)/libsandbox.a
$(LIBSANDBOX): $(patsubst %.c,$(B)/obj/%.o,$(SANDBOX_SRC)) $(GEN_OBJ) $(CJSON_OBJ)
	$(call say,AR)
	$(Q)$(AR) rcs $@.$$$$ $^ && mv $@.$$$$ $@

ifneq ($(wildcard sandbox/main.c),)
installed += $(B)/bin/claude-sandbox
endif
$(B)/bin/claude-sandbox: $(B)/obj/sandbox/main.o $(B)/gen/suitepin.o $(LIBSANDBOX)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LF) $^ $(SANDBOX_LIBS) -o $@.$$$$ && mv $@.$$$$ $@
# A launcher that starts any suite is for tests, and is not installed.
$(B)/test/claude-sandbox: $(B)/obj/sandbox/main.o $(B)/gen/unpinned.o $(LIBSANDBOX)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LF) $^ $(SANDBOX_LIBS) -o $@.$$$$ && mv $@.$$$$ $@

ifneq ($(INIT_SRC),)
installed += $(LIBEXEC)/init
endif
$(LIBEXEC)/init: $(patsubst %.c,$(B)/init/%.o,$(INIT_SRC))
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(INIT_CC) $(LF_BOX) $^ -o $@.$$$$ && mv $@.$$$$ $@

# egress: static, as it opens nothing after it has confined itself, but with its own place in memory each time.
ifneq ($(EGRESS_SRC),)
installed += $(LIBEXEC)/egress
endif
$(LIBEXEC)/egress: $(patsubst %.c,$(B)/obj/%.o,$(EGRESS_SRC) $(EGRESS_PURE) $(EGRESS_SHARED))
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(if $(LF_EGRESS),$(filter-out -pie,$(LF)),$(LF)) $(LF_EGRESS) $^ -levent_core -lcares -o $@.$$$$ && mv $@.$$$$ $@

# man pages: prose with holes that tables fill, @OPTIONS@, @KEYS@ and @ACCOUNT@
MAN := $(patsubst sandbox/man/%.in,$(B)/share/man/man1/%,$(wildcard sandbox/man/*.1.in)) \
	$(patsubst sandbox/man/%.in,$(B)/share/man/man5/%,$(wildcard sandbox/man/*.5.in))
ifneq ($(wildcard sandbox/gen/optdoc.c),)
installed += $(MAN) $(B)/share/bash-completion/completions/claude-sandbox \
	$(B)/share/zsh/site-functions/_claude-sandbox $(B)/share/fish/vendor_completions.d/claude-sandbox.fish
endif
$(B)/gen/options.mdoc: $(B)/gen/optdoc
	$(Q)$< mdoc >$@
$(B)/gen/keys.mdoc: $(B)/gen/optdoc
	$(Q)$< keys >$@
$(B)/gen/account.mdoc: $(B)/gen/optdoc
	$(Q)$< account >$@
define man
$(B)/share/man/man$(1)/%.$(1): sandbox/man/%.$(1).in $(B)/gen/options.mdoc $(B)/gen/keys.mdoc $(B)/gen/account.mdoc
	$$(call say,MAN)
	@mkdir -p $$(@D)
	$$(Q)sed -e '/@OPTIONS@/{r $(B)/gen/options.mdoc' -e 'd}' -e '/@KEYS@/{r $(B)/gen/keys.mdoc' -e 'd}' -e '/@ACCOUNT@/{r $(B)/gen/account.mdoc' -e 'd}' -e 's/@VERSION@/$(VERSION)/g' $$< >$$@
endef
$(eval $(call man,1))
$(eval $(call man,5))
installed += $(B)/share/claude-sandbox/config.schema.json
$(B)/share/claude-sandbox/config.schema.json: $(B)/gen/optdoc
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)$< schema >$@
installed += $(B)/share/doc/claude-sandbox/config.example.json
$(B)/share/doc/claude-sandbox/%: sandbox/data/%
	@mkdir -p $(@D)
	$(Q)cp $< $@
$(B)/share/bash-completion/completions/claude-sandbox: $(B)/gen/optdoc
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)$< bash >$@
$(B)/share/zsh/site-functions/_claude-sandbox: $(B)/gen/optdoc
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)$< zsh >$@
$(B)/share/fish/vendor_completions.d/claude-sandbox.fish: $(B)/gen/optdoc
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q)$< fish >$@
