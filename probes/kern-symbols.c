/* SPDX-License-Identifier: MIT */
/*
 * KS-05: with kptr_restrict the addresses of /proc/kallsyms are zeros, and still the names tell which
 * version, options and modules the host's kernel has.
 *
 * Remedy: mask /proc/kallsyms (sandbox/data/procmasks.def).
 * See: proc_kallsyms(5)
 */
#include "look.h"

PROBE("kern-symbols", "the symbols of the kernel are not listed")
{
	static char buf[4096];
	long r = probe_read_file("/proc/kallsyms", buf, sizeof(buf));
	const char *name = r > 0 ? strchr(buf, ' ') : NULL;

	if (look_open_arm() && r == -ENOENT)
		return probe_na("this kernel does not support /proc/kallsyms");
	if (r < 0)
		return probe_denied((int)-r, "openat /proc/kallsyms", "%s", probe_errno_name((int)-r));
	return name != NULL
		   ? probe_allowed("read /proc/kallsyms", "the first is%.60s", strtok(buf + 16, "\n"))
		   : probe_denied(0, "read /proc/kallsyms", "it is empty");
}
