/* SPDX-License-Identifier: MIT */
/*
 * IP-10: shared memory objects are files of /dev/shm.
 *
 * Remedy: give the sandbox a fresh /dev/shm.
 * See: shm_overview(7)
 */
#include "look.h"

PROBE("fs-shm-host", "POSIX shared memory of the host is not visible")
{
	LOOK_NEED(file, "CANARY_SHMFILE");
	return look_canary(file);
}
