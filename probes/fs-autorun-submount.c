/* SPDX-License-Identifier: MIT */
/*
 * FS-05: what is mounted below a protected directory is protected too.
 *
 * Remedy: what autorun.def names is bound read-only, and each directory above it on itself; look for it in
 *   `claude-sandbox --dry-run`; an opening asked for by --allow-autorun is said at every start.
 * See: mount_setattr(2) on AT_RECURSIVE
 */
#include "hold.h"

PROBE("fs-autorun-submount", "what is mounted in a protected directory of the project cannot be written")
{
	long r;

	LOOK_NEED(file, "CANARY_AUTORUN_SUB");
	r = hold_write(file);
	return r == 0 ? probe_allowed("pwrite64", "a byte was written (the same as before)")
		      : probe_denied((int)-r, "openat O_RDWR", "%s", probe_errno_name((int)-r));
}
