/* SPDX-License-Identifier: MIT */
/*
 * HC-02: keys of rclone, s3cmd and boto.
 *
 * Creds: rclone s3cfg boto
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://rclone.org/docs/#configuration-encryption
 */
#include "cred.h"

PROBE("cred-storage", "object storage keys cannot be read")
{
	static const char *const ids[] = { "rclone", "s3cfg", "boto", NULL };

	return cred_family(ids);
}
