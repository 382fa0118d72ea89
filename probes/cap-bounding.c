/* SPDX-License-Identifier: MIT */
/*
 * Asks for each capability by number: without the bounding set a file with capabilities gives
 * none.
 * Remedy: Bubblewrap must drop every capability (--cap-drop ALL), and nothing may give one back:
 *   look at the plan with --dry-run.
 * See: PR_CAPBSET_READ(2const), capabilities(7)
 */
#include "probe.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

PROBE("cap-bounding", "the bounding set is empty")
{
	int n = 0;
	long r = 0, first = -1;

	for (long i = 0; i < 64; i++) {
		r = probe_sys(SYS_prctl, (long)PR_CAPBSET_READ, i, 0L, 0L, 0L);
		if (r < 0)
			break;
		if (r == 1 && n++ == 0)
			first = i;
	}
	if (n > 0)
		return probe_allowed("prctl PR_CAPBSET_READ", "%d capabilities, the first is %ld", n, first);
	return probe_denied(r == -EINVAL ? 0 : (int)-r, "prctl PR_CAPBSET_READ", "none");
}
