/* SPDX-License-Identifier: MIT */
/*
 * IP-10: a segment of mode 0666, by its key.
 *
 * Remedy: own ipc namespace.
 * See: ipc_namespaces(7)
 */
#include "look.h"

#include <sys/shm.h>

PROBE("ipc-sysv-shm", "System V shared memory of the host cannot be attached")
{
	const char *text = probe_input("CANARY_TEXT");
	long key = probe_input_long("CANARY_SHM"), id, at;
	bool hit;

	if (key < 0 || text == NULL)
		return probe_na("needs CANARY_SHM");
	id = probe_sys(SYS_shmget, key, 0L, 0L);
	if (id < 0)
		return probe_denied((int)-id, "shmget", "%s", probe_errno_name((int)-id));
	at = probe_sys(SYS_shmat, id, NULL, (long)SHM_RDONLY);
	if (at < 0 && at > -4096)
		return probe_denied((int)-at, "shmat", "%s", probe_errno_name((int)-at));
	hit = memmem((const void *)at, 4096, text, strlen(text)) != NULL;
	probe_sys(SYS_shmdt, at);
	return hit ? probe_allowed("shmat", "the canary was read")
		   : probe_denied(0, "shmat", "another segment");
}
