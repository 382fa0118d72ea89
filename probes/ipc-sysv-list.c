/* SPDX-License-Identifier: MIT */
/*
 * IP-10: /proc/sysvipc/shm and SHM_STAT_ANY.
 *
 * Remedy: own ipc namespace.
 * See: shmctl(2)
 */
#include "look.h"

#include <sys/shm.h>

PROBE("ipc-sysv-list", "System V objects of the host are not listed")
{
	long key = probe_input_long("CANARY_SHM");
	char buf[64 * 1024], *line, *save = NULL;
	struct shmid_ds ds;
	long n;

	if (key < 0)
		return probe_na("needs CANARY_SHM");
	for (long i = 0; i < 256; i++) {
		memset(&ds, 0, sizeof(ds));
		if (probe_sys(SYS_shmctl, i, (long)SHM_STAT_ANY, &ds) >= 0 && ds.shm_perm.__key == (int)key)
			return probe_allowed("shmctl SHM_STAT_ANY", "the segment is listed");
	}
	n = probe_read_file("/proc/sysvipc/shm", buf, sizeof(buf));
	for (line = strtok_r(buf, "\n", &save); line != NULL && n > 0; line = strtok_r(NULL, "\n", &save))
		if ((unsigned)strtol(line, NULL, 10) == (unsigned)key && line[0] == ' ')
			return probe_allowed("read /proc/sysvipc/shm", "the segment is listed");
	return probe_denied(0, "shmctl SHM_STAT_ANY", "the segment is not listed");
}
