/* SPDX-License-Identifier: MIT */
/*
 * HC-02: tokens of the GitHub and GitLab command lines, which push to
 * everything that the user can.
 *
 * Creds: gh glab hub
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://cli.github.com/manual/gh_auth_login
 */
#include "cred.h"

PROBE("cred-forge", "code forge tokens cannot be read")
{
	static const char *const ids[] = { "gh", "glab", "hub", NULL };

	return cred_family(ids);
}
