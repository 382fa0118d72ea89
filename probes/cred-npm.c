/* SPDX-License-Identifier: MIT */
/*
 * HC-02: publishing tokens: the way a package worm spreads.
 *
 * Creds: npmrc yarnrc
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://docs.npmjs.com/cli/configuring-npm/npmrc
 */
#include "cred.h"

PROBE("cred-npm", "npm and yarn tokens cannot be read")
{
	static const char *const ids[] = { "npmrc", "yarnrc", NULL };

	return cred_family(ids);
}
