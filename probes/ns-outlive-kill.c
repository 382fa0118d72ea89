/* SPDX-License-Identifier: MIT */
/*
 * PR-12: such a process goes on when the launcher is killed (SIGKILL), who then
 * ends nothing any more.
 *
 * Remedy: bwrap must be the child of a process that outlives the launcher and
 *         ends it, and the sandbox needs a pid namespace.
 * See: prctl(2), PR_SET_PDEATHSIG; pid_namespaces(7)
 */
#include "outlive.h"

PROBE("ns-outlive-kill", "no process is left when the launcher is killed")
{
	return outlive_leave(true);
}
