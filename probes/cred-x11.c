/* SPDX-License-Identifier: MIT */
/*
 * IP-08: with the cookie any X client reads every key that is typed.
 *
 * Creds: xauthority iceauthority
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: xauth(1)
 */
#include "cred.h"

PROBE("cred-x11", "the cookies of the X session cannot be read")
{
	static const char *const ids[] = { "xauthority", "iceauthority", NULL };

	return cred_family(ids);
}
