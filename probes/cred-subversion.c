/* SPDX-License-Identifier: MIT */
/*
 * HC-02: cached Subversion passwords.
 *
 * Creds: subversion
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://svnbook.red-bean.com/en/1.7/svn.serverconfig.netmodel.html
 */
#include "cred.h"

PROBE("cred-subversion", "Subversion passwords cannot be read")
{
	static const char *const ids[] = { "subversion", NULL };

	return cred_family(ids);
}
