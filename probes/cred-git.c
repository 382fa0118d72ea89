/* SPDX-License-Identifier: MIT */
/*
 * HC-02: the plain-text store of git.
 *
 * Creds: git-credentials git-credentials-xdg
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: git-credential-store(1)
 */
#include "cred.h"

PROBE("cred-git", "stored git passwords cannot be read")
{
	static const char *const ids[] = { "git-credentials", "git-credentials-xdg", NULL };

	return cred_family(ids);
}
