/* SPDX-License-Identifier: MIT */
/*
 * HC-04: what was typed into Python, Node, SQL clients, less and vim.
 *
 * Creds: python-history node-history psql-history mysql-history sqlite-history less-history vim-history
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://attack.mitre.org/techniques/T1552/003/
 */
#include "cred.h"

PROBE("cred-repl-history", "histories of interpreters and editors cannot be read")
{
	static const char *const ids[] = {
		"python-history", "node-history", "psql-history", "mysql-history",
		"sqlite-history", "less-history", "vim-history",  NULL,
	};

	return cred_family(ids);
}
