/* SPDX-License-Identifier: MIT */
/*
 * HC-02: tokens of the command lines of hosting companies.
 *
 * Creds: doctl hcloud fly heroku
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://fly.io/docs/flyctl/
 */
#include "cred.h"

PROBE("cred-hosting", "hosting tokens cannot be read")
{
	static const char *const ids[] = { "doctl", "hcloud", "fly", "heroku", NULL };

	return cred_family(ids);
}
