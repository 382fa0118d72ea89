/* SPDX-License-Identifier: MIT */
/*
 * The files of /proc/1 that the kernel guards like tracing: environ, maps, cwd, root, exe.
 * Remedy: PID 1 must be the sandbox's own init, not dumpable and under the same filter: a plan
 *   without --as-pid-1 leaves bubblewrap there.
 * See: proc(5), ptrace(2) on access mode checking
 */
#include "pid1.h"

PROBE("ns-pid1-proc", "memory maps and working directory of PID 1 can't be read")
{
	static const char *const names[] = { "environ", "maps", "auxv", "io" };
	static const char *const links[] = { "cwd", "root", "exe" };
	char path[64], buf[64], got[96] = "";
	long pid = pid1_target(), r = 0;
	int err = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%ld/%s", pid, names[i]);
		r = probe_read_file(path, buf, sizeof(buf));
		if (r > 0)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s", names[i]);
		else if (r < 0)
			err = (int)-r;
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%ld/%s", pid, links[i]);
		r = probe_sys(SYS_readlinkat, -1L, path, buf, (long)sizeof(buf));
		if (r > 0)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s", links[i]);
		else if (r < 0)
			err = (int)-r;
	}
	pid1_done(pid);
	if (got[0] != '\0')
		return probe_allowed("read /proc/PID", "readable:%s", got);
	return probe_denied(err, "read /proc/PID", "nothing readable");
}
