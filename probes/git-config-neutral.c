/* SPDX-License-Identifier: MIT */
/*
 * GT-07: a program that the repository's own config names (core.sshCommand, an alias of the
 * shell's) would run inside at a git command; it stands in the config that git reads there.
 *
 * Remedy: give git a copy without the keys that name programs.
 * See: git-config(1)
 */
#include "look.h"

PROBE("git-config-neutral", "the repository's config inside names no program")
{
	char path[LOOK_PATH];

	LOOK_NEED(config, "CANARY_GIT");
	snprintf(path, sizeof(path), "%s", config);
	return look_canary(path);
}
