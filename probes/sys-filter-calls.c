/* SPDX-License-Identifier: MIT */
/*
 * Every call of refused.def, each against all filters in force: those too that the kernel refuses
 * to an ordinary user anyway, or was built without. None is made: see past.h.
 * Remedy: The calls that are named must be refused by the filter: look what `claude-sandbox
 *   --list-syscalls` says of them, and unset CLAUDE_SANDBOX_NO_SECCOMP. `allow_debug` lets ptrace,
 *   process_vm_readv, process_vm_writev and kcmp pass.
 * See: seccomp(2), seccomp_unotify(2)
 */
#include "past.h"

static const struct refused {
	const char *name;
	int x86_64, aarch64;
} refused[] = {
#define REFUSED(name, x86_64, aarch64) { #name, x86_64, aarch64 },
#include "refused.def"
};

#define REFUSED_N (sizeof(refused) / sizeof(refused[0]))

static int number_of(const struct refused *r)
{
#ifdef __x86_64__
	return r->x86_64;
#else
	return r->aarch64;
#endif
}

static void name(const struct past_call *c, size_t at, char out[40])
{
	(void)at;
	for (size_t i = 0; i < REFUSED_N; i++)
		if (number_of(&refused[i]) == c->nr)
			snprintf(out, 40, "%s", refused[i].name);
}

PROBE("sys-filter-calls", "no call that the sandbox refuses gets past its filter")
{
	struct past *p = past_new();
	struct probe_result r;

	if (p == NULL)
		return probe_unknown(errno, "mmap", "no memory");
	for (size_t i = 0; i < REFUSED_N; i++)
		if (number_of(&refused[i]) >= 0)
			past_add(p, number_of(&refused[i]), false);
	return past_run(p, &r) ? past_tell(p, "calls", name) : r;
}
