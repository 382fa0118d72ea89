/* SPDX-License-Identifier: MIT */
/*
 * Compares the inode of the own ipc namespace with the host's, which the harness passes; the
 * numbers of the kernel's first namespaces say nothing below Docker or WSL2.
 * Remedy: The sandbox was started without this namespace: look at the plan with --dry-run.
 * See: ipc_namespaces(7)
 */
#include "namespace.h"

PROBE("ns-ipc", "the ipc namespace is not the host's")
{
	return namespace_is_not_hosts("ipc");
}
