/* SPDX-License-Identifier: MIT */
/*
 * Compares the inode of the own pid namespace with the host's, which the harness passes; the
 * numbers of the kernel's first namespaces say nothing below Docker or WSL2.
 * Remedy: The sandbox was started without this namespace: look at the plan with --dry-run.
 * See: pid_namespaces(7)
 */
#include "namespace.h"

PROBE("ns-pid", "the pid namespace is not the host's")
{
	return namespace_is_not_hosts("pid");
}
