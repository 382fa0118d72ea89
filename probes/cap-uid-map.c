/* SPDX-License-Identifier: MIT */
/*
 * A wider map lets a process inside become other users of the host; uid 0 inside is root over
 * everything that the namespace owns.
 * Remedy: Look at the plan with --dry-run: one --uid and one --gid, not 0; a runtime that maps a
 *   range (newuidmap) is another sandbox than this one.
 * See: user_namespaces(7)
 */
#include "probe.h"

#include <errno.h>
#include <stdio.h>

PROBE("cap-uid-map", "one uid and one gid are mapped, neither of them 0")
{
	static const char *const maps[] = { "/proc/self/uid_map", "/proc/self/gid_map" };

	for (size_t i = 0; i < 2; i++) {
		unsigned long inside, outside, n, more;
		char buf[1024];
		long r = probe_read_file(maps[i], buf, sizeof(buf));
		int fields;

		if (r <= 0)
			return probe_unknown((int)-r, maps[i], "not readable");
		fields = sscanf(buf, "%lu %lu %lu %lu", &inside, &outside, &n, &more);
		if (fields < 3)
			return probe_unknown(0, maps[i], "not a map");
		if (fields > 3 || n != 1 || inside == 0)
			return probe_allowed(maps[i], "%s: %lu ids from %lu%s", maps[i], n, inside,
					     fields > 3 ? ", and more lines" : "");
	}
	return probe_denied(0, "/proc/self/uid_map", "one uid and one gid, not 0");
}
