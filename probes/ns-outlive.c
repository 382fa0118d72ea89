/* SPDX-License-Identifier: MIT */
/*
 * PR-13: a process that has left session, group and parent of the command, and
 * ignores every signal, goes on when the command has ended.
 *
 * Remedy: every process of the sandbox must end with its PID 1: it needs a pid
 *         namespace.
 * See: pid_namespaces(7), "The namespace init process"
 */
#include "outlive.h"

PROBE("ns-outlive", "no process is left when the command has ended")
{
	return outlive_leave(false);
}
