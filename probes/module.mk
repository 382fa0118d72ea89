# One file is one probe: probes/<area>-<object>.c has a hyphen in its name, what the probes share has none.

PROBES := $(patsubst probes/%.c,$(LIBEXEC)/probes/%,$(wildcard probes/*-*.c))
PROBE_SHARED := $(wildcard probes/probe.c)
# Archives: a probe that uses nothing of libcap takes nothing of it.
PROBE_LIBS := -lcap

installed += $(PROBES)
$(PROBES): $(LIBEXEC)/probes/%: $(B)/box/probes/%.o $(PROBE_SHARED:%.c=$(B)/box/%.o)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LF_BOX) $^ $(PROBE_LIBS) -o $@.$$$$ && mv $@.$$$$ $@

ifneq ($(wildcard probes/driver.c),)
installed += $(LIBEXEC)/probes/driver
endif
$(LIBEXEC)/probes/driver: $(B)/box/probes/driver.o
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LF_BOX) $^ $(PROBE_LIBS) -o $@.$$$$ && mv $@.$$$$ $@

ifneq ($(wildcard probes/MANIFEST),)
installed += $(LIBEXEC)/probes/MANIFEST
endif
$(LIBEXEC)/probes/MANIFEST: probes/MANIFEST
	@mkdir -p $(@D)
	@cp $< $@

# A probe that was renamed or deleted must not be attacked with again.
stale := $(filter-out $(PROBES) $(LIBEXEC)/probes/driver $(LIBEXEC)/probes/MANIFEST,$(foreach f,$(wildcard $(LIBEXEC)/probes/*),$(if $(findstring .,$(notdir $(f))),,$(f))))
$(if $(stale),$(shell rm -f $(stale)))
