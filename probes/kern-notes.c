/* SPDX-License-Identifier: MIT */
/*
 * The notes of the kernel image, its vmcoreinfo and section addresses: they say exactly which
 * build runs and, on some kernels, where it lies.
 * Remedy: /sys/kernel and /sys/module must not be in the sandbox: look at the plan with
 *   --dry-run.
 * See: Linux Documentation/security/self-protection.rst, CVE-2023-4155 for the value of addresses
 */
#include "probe.h"

#include <errno.h>
#include <string.h>

PROBE("kern-notes", "the kernel's notes and layout can't be read")
{
	static const char *const paths[] = {
		"/sys/kernel/notes",
		"/sys/kernel/vmcoreinfo",
		"/sys/kernel/btf/vmlinux",
	};
	const char *arm = probe_input("CANARY_ARM");
	char buf[256];
	long r = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		r = probe_read_file(paths[i], buf, sizeof(buf));
		if (r > 0)
			return probe_allowed("read", "%ld bytes of %s", r, paths[i]);
	}
	if (arm != NULL && strcmp(arm, "open") == 0)
		return probe_na("this kernel shows none of the files");
	return probe_denied((int)-r, "read", "not readable");
}
