/* SPDX-License-Identifier: MIT */
/*
 * HC-01: keys and refresh tokens of the AWS, Azure and Google Cloud command
 * lines.
 *
 * Creds: aws azure gcloud
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See:
 *      https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
 */
#include "cred.h"

PROBE("cred-cloud", "cloud credentials cannot be read")
{
	static const char *const ids[] = { "aws", "azure", "gcloud", NULL };

	return cred_family(ids);
}
