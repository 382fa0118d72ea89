/* SPDX-License-Identifier: MIT */
/*
 * The relay reads what the box sends, and so takes every right from itself first: what takes it over has sockets to
 * talk to, and no file, program, process or namespace of the user's.
 */
#ifndef CONFINE_H
#define CONFINE_H

#include <stdint.h>

#include "diag.h"

/*
 * The namespaces: user, pid, mount, ipc, uts, cgroup; not the network's, which is where it connects. The next child
 * of the caller is PID 1 there, and calls the rest.
 */
int confine_namespaces(struct diag *d);
/*
 * In that child, when everything that must be opened is: an empty root, no capability, limits (no file, no process, no
 * core), Landlock where the kernel has it, and the calls of data/egresscalls.def. Descriptors that are open stay so;
 * a file among them grows to file_bytes at most.
 */
int confine_rest(uint64_t file_bytes, struct diag *d);
/* For who only makes sockets of the network it is in, and hands them on. */
int confine_maker(struct diag *d);
/* For who only waits for a child to end: that is all that is left to it. */
int confine_waiter(struct diag *d);

#endif
