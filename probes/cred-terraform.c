/* SPDX-License-Identifier: MIT */
/*
 * HC-02: tokens of Terraform Cloud.
 *
 * Creds: terraform terraformrc
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://developer.hashicorp.com/terraform/cli/config/config-file
 */
#include "cred.h"

PROBE("cred-terraform", "Terraform tokens cannot be read")
{
	static const char *const ids[] = { "terraform", "terraformrc", NULL };

	return cred_family(ids);
}
