/* SPDX-License-Identifier: MIT */
/*
 * HC-07: names and homes of the people and services of the machine. Only
 * root, nobody and the caller are needed inside.
 *
 * Remedy: put a generated /etc/passwd into the sandbox.
 * See: passwd(5)
 */
#include "look.h"

PROBE("cred-accounts", "the accounts of the host are not listed")
{
	static char buf[256 * 1024];
	long n = probe_read_file("/etc/passwd", buf, sizeof(buf)), uid = probe_sys(SYS_getuid);
	unsigned others = 0;
	char *line, *save = NULL;

	if (n < 0)
		return probe_denied((int)-n, "openat", "/etc/passwd: %s", probe_errno_name((int)-n));
	for (line = strtok_r(buf, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *x = strchr(line, ':'), *u = x == NULL ? NULL : strchr(x + 1, ':');
		long id = u == NULL ? 0 : strtol(u + 1, NULL, 10);

		others += id != 0 && id != 65534 && id != uid && id != probe_input_long("CANARY_UID") ? 1 : 0;
	}
	return others > 0 ? probe_allowed("read", "/etc/passwd lists %u other accounts", others)
			  : probe_denied(0, "read", "/etc/passwd lists no other account");
}
