/* SPDX-License-Identifier: MIT */
/*
 * HC-02: passwords that curl, git and ftp pick up.
 *
 * Creds: netrc
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: netrc(5)
 */
#include "cred.h"

PROBE("cred-netrc", "~/.netrc cannot be read")
{
	static const char *const ids[] = { "netrc", NULL };

	return cred_family(ids);
}
