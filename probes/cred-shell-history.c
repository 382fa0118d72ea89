/* SPDX-License-Identifier: MIT */
/*
 * HC-04: command lines, with the passwords that were typed in them.
 *
 * Creds: bash-history zsh-history fish-history
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: bash(1) HISTORY
 */
#include "cred.h"

PROBE("cred-shell-history", "shell history cannot be read")
{
	static const char *const ids[] = { "bash-history", "zsh-history", "fish-history", NULL };

	return cred_family(ids);
}
