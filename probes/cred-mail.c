/* SPDX-License-Identifier: MIT */
/*
 * HC-03: the profile of Thunderbird.
 *
 * Creds: thunderbird
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See:
 *      https://support.mozilla.org/kb/profiles-where-thunderbird-stores-user-data
 */
#include "cred.h"

PROBE("cred-mail", "mail and its passwords cannot be read")
{
	static const char *const ids[] = { "thunderbird", NULL };

	return cred_family(ids);
}
