/* SPDX-License-Identifier: MIT */
/*
 * HC-04: secrets of the project next door, by its absolute path and by ..
 * from this project.
 *
 * Remedy: bind the project itself, never the directory that holds all
 *         projects.
 * See: path_resolution(7)
 */
#include "look.h"

PROBE("cred-sibling-env", "the .env of a neighbouring project cannot be read")
{
	char path[LOOK_PATH];
	const char *slash;
	struct probe_result r;

	LOOK_NEED(sibling, "CANARY_SIBLING");
	r = look_canary(sibling);
	slash = strrchr(sibling, '/');
	if (r.seen != PROBE_DENIED || slash == NULL)
		return r;
	while (slash > sibling && slash[-1] != '/')
		slash--;
	snprintf(path, sizeof(path), "../%.2000s", slash);
	return look_canary(path).seen == PROBE_ALLOWED ? look_canary(path) : r;
}
