/* SPDX-License-Identifier: MIT */
/*
 * HC-03: profiles that packaged applications keep in places of their own.
 *
 * Creds: snap flatpak
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://docs.flatpak.org/en/latest/sandbox-permissions.html
 */
#include "cred.h"

PROBE("cred-apps", "data of snap and Flatpak applications cannot be read")
{
	static const char *const ids[] = { "snap", "flatpak", NULL };

	return cred_family(ids);
}
