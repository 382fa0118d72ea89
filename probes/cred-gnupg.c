/* SPDX-License-Identifier: MIT */
/*
 * HC-01: secret keys and trust of GnuPG.
 *
 * Creds: gnupg
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: gpg(1) FILES
 */
#include "cred.h"

PROBE("cred-gnupg", "GnuPG keyrings cannot be read")
{
	static const char *const ids[] = { "gnupg", NULL };

	return cred_family(ids);
}
