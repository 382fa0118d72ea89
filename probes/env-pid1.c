/* SPDX-License-Identifier: MIT */
/*
 * EF-02: the initial stack of a launcher's process stays readable at
 * /proc/PID/environ and cmdline, whatever --clearenv did to its child. PID
 * 1 first, then every process that can be seen.
 *
 * Remedy: execute bwrap with an empty environment, pass options by --args
 *         FD, let a non-dumpable init be PID 1.
 * See: proc_pid_environ(5); proc_pid_cmdline(5)
 */
#include "look.h"

/* Looks for the launcher's variable, not for the input of another probe. */
static bool shows_token(const char *path, const char *token, bool named, long *ret_n)
{
	static const char name[] = "CS_CANARY_TOKEN=";
	static char buf[1024 * 1024];
	const char *p = buf;

	*ret_n = probe_read_file(path, buf, sizeof(buf));
	while (*ret_n > 0 && (p = memmem(p, (size_t)(buf + *ret_n - p), token, strlen(token))) != NULL) {
		size_t n = sizeof(name) - 1;

		if (!named || ((size_t)(p - buf) >= n && memcmp(p - n, name, n) == 0))
			return true;
		p++;
	}
	return false;
}

PROBE("env-pid1", "no visible process shows the environment of the launcher")
{
	pid_t pids[1024];
	size_t n = look_pids(pids, 1024);
	long first = -ENOENT, r;
	char path[64];

	LOOK_NEED(token, "CANARY_TOKEN");
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/environ", pids[i]);
		if (shows_token(path, token, true, &r))
			return probe_allowed("read", "it is in %s", path);
		if (pids[i] == 1)
			first = r;
		snprintf(path, sizeof(path), "/proc/%d/cmdline", pids[i]);
		if (shows_token(path, token, false, &r))
			return probe_allowed("read", "it is in %s", path);
	}
	return probe_denied(first < 0 ? (int)-first : 0, "openat /proc/1/environ",
			    "%zu processes seen, none shows it", n);
}
