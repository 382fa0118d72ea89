/* SPDX-License-Identifier: MIT */
/*
 * Each kind alone, in a child of its own; one that succeeds means that a capability is left.
 * Remedy: Look for capabilities in the report (cap-sets); bubblewrap must not be given --cap-add.
 * See: unshare(2), namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static struct probe_result try_unshare(void *arg)
{
	long flag;
	long r;

	memcpy(&flag, arg, sizeof(flag));
	r = probe_sys(SYS_unshare, flag);
	return r < 0 ? probe_denied((int)-r, "unshare", "refused") : probe_allowed("unshare", "made");
}

PROBE("ns-unshare-each", "no new namespace of any kind without a user namespace")
{
	static const struct kind {
		const char *name;
		long flag;
	} kinds[] = {
		{ "mnt", CLONE_NEWNS },	 { "pid", CLONE_NEWPID }, { "net", CLONE_NEWNET },
		{ "ipc", CLONE_NEWIPC }, { "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP },
		{ "time", 0x80 },
	};
	char got[64] = "";
	int err = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		long flag = kinds[i].flag;
		struct probe_result r = probe_in_child(try_unshare, &flag, 2);

		if (r.seen == PROBE_ALLOWED)
			snprintf(got + strlen(got), sizeof(got) - strlen(got), " %s", kinds[i].name);
		else if (r.seen != PROBE_DENIED)
			return r;
		else
			err = r.err;
	}
	if (got[0] != '\0')
		return probe_allowed("unshare", "new namespaces:%s", got);
	return probe_denied(err, "unshare", "all seven kinds refused");
}
