/* SPDX-License-Identifier: MIT */
/*
 * HC-02: Vault, 1Password, Bitwarden and pass.
 *
 * Creds: vault op op-app bitwarden password-store
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: pass(1)
 */
#include "cred.h"

PROBE("cred-vault", "password managers cannot be read")
{
	static const char *const ids[] = {
		"vault", "op", "op-app", "bitwarden", "password-store", NULL,
	};

	return cred_family(ids);
}
