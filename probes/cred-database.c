/* SPDX-License-Identifier: MIT */
/*
 * HC-02: password files of PostgreSQL and MySQL clients.
 *
 * Creds: pgpass mycnf
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
#include "cred.h"

PROBE("cred-database", "database passwords cannot be read")
{
	static const char *const ids[] = { "pgpass", "mycnf", NULL };

	return cred_family(ids);
}
