/* SPDX-License-Identifier: MIT */
/*
 * Tries things for real, each in a child of its own that is an ordinary user
 * and ends after it: nothing stays. Part of doctor.
 */
#ifndef DOCTORTRY_H
#define DOCTORTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "doctorcause.h"

/* Makes a namespace of CLONE_NEW* `flag` in a fresh user namespace; 0 or -errno. */
int doctortry_namespace(int flag);
/*
 * A network namespace as a box has: its descriptor, owned, or -errno. *ret_pid waits in it, for doctortry_network_end.
 */
int doctortry_network(pid_t *ret_pid);
void doctortry_network_end(pid_t pid);
int doctortry_no_new_privs(void);
/* Loads a system call filter; 0 or -errno. */
int doctortry_filter(void);
/* Makes an idmapped mount of a directory, attached nowhere. Needs root; 0 or -errno. */
int doctortry_idmap(const char *dir);
/*
 * Runs a program without environment, at most 5 s. text: the beginning of what
 * it printed, on one line. Its exit code, 128+n for a signal, or -errno.
 */
int doctortry_run(char *const *argv, char *text, size_t size);
/*
 * AppArmor's label of a program that reads its standard input when it runs with "--args 0", as bwrap does:
 * 0, or -errno, -ETIMEDOUT where it did not come to read.
 */
int doctortry_label(const char *program, char *ret, size_t size);
/* The live half of the causes. os_release is owned by the caller. */
struct doctorcause_live doctortry_live(const struct host *h, const char *os_release);

#endif
