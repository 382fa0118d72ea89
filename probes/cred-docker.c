/* SPDX-License-Identifier: MIT */
/*
 * HC-01: logins that Docker and Podman keep, in base64 unless a helper
 * holds them.
 *
 * Creds: docker containers
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: docker-login(1); containers-auth.json(5)
 */
#include "cred.h"

PROBE("cred-docker", "container registry logins cannot be read")
{
	static const char *const ids[] = { "docker", "containers", NULL };

	return cred_family(ids);
}
