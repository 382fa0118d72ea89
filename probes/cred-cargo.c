/* SPDX-License-Identifier: MIT */
/*
 * HC-02: publishing tokens of Cargo, old and new file name.
 *
 * Creds: cargo cargo-old
 * Remedy: keep the home a fresh tmpfs; bind single files into it by name,
 *         never a parent of these paths.
 * See: https://doc.rust-lang.org/cargo/reference/config.html#credentials
 */
#include "cred.h"

PROBE("cred-cargo", "crates.io tokens cannot be read")
{
	static const char *const ids[] = { "cargo", "cargo-old", NULL };

	return cred_family(ids);
}
