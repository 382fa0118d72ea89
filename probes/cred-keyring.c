/* SPDX-License-Identifier: MIT */
/*
 * HC-02: the files behind the secret services of GNOME and KDE.
 *
 * Creds: keyrings kwallet
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://specifications.freedesktop.org/secret-service/
 */
#include "cred.h"

PROBE("cred-keyring", "desktop keyrings cannot be read")
{
	static const char *const ids[] = { "keyrings", "kwallet", NULL };

	return cred_family(ids);
}
