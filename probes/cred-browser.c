/* SPDX-License-Identifier: MIT */
/*
 * HC-03: cookies, saved passwords and history.
 *
 * Creds: mozilla chrome chromium brave edge
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://attack.mitre.org/techniques/T1555/003/
 */
#include "cred.h"

PROBE("cred-browser", "browser profiles cannot be read")
{
	static const char *const ids[] = { "mozilla", "chrome", "chromium", "brave", "edge", NULL };

	return cred_family(ids);
}
