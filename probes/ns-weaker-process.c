/* SPDX-License-Identifier: MIT */
/*
 * Compares filter mode, no_new_privs and capabilities of every visible process with the own: a
 * helper without a filter would be a way round it. The host process that the harness starts is
 * the control.
 * Remedy: A helper runs inside without the filter: name and number stand in the detail.
 * See: proc_pid_status(5)
 */
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct status {
	long uid, seccomp, nnp;
	unsigned long caps;
};

static long field(const char *buf, const char *name, int base)
{
	const char *p = strstr(buf, name);

	return p == NULL ? -1 : (long)strtoul(p + strlen(name), NULL, base);
}

static bool read_status(const char *pid, struct status *s)
{
	static char buf[8192];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	if (probe_read_file(path, buf, sizeof(buf)) <= 0 || strstr(buf, "\nVmSize:") == NULL)
		return false; /* gone, a zombie, or a kernel thread */
	s->uid = field(buf, "\nUid:", 10);
	s->seccomp = field(buf, "\nSeccomp:", 10);
	s->nnp = field(buf, "\nNoNewPrivs:", 10);
	s->caps = (unsigned long)field(buf, "\nCapPrm:", 16);
	return true;
}

PROBE("ns-weaker-process", "no visible process of the same uid has weaker confinement")
{
	struct status own = { 0, 0, 0, 0 }, other;
	struct dirent *e;
	int seen = 0;
	DIR *d;

	if (!read_status("self", &own))
		return probe_unknown(0, "/proc/self/status", "not readable");
	d = opendir("/proc");
	if (d == NULL)
		return probe_unknown(errno, "opendir /proc", "not readable");
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9' || !read_status(e->d_name, &other))
			continue;
		seen++;
		if (other.uid != own.uid)
			continue;
		if (other.seccomp < own.seccomp || other.nnp < own.nnp || (other.caps & ~own.caps) != 0)
			return probe_allowed("/proc/PID/status",
					     "process %.10s: Seccomp %ld (own %ld), NoNewPrivs %ld (own %ld)",
					     e->d_name, other.seccomp, own.seccomp, other.nnp, own.nnp);
	}
	return probe_denied(0, "/proc/PID/status", "%d processes, none weaker", seen);
}
