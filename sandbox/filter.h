/* SPDX-License-Identifier: MIT */
/*
 * The seccomp program: from data/syscalls.def to classic BPF. The default
 * program of each architecture is made at build time and linked in; libseccomp
 * is called at start only when the configuration adds blocked calls.
 */
#ifndef FILTER_H
#define FILTER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/filter.h>
#include "diag.h"

struct filter {
	struct sock_filter *insn; /* owned when `owned`, else static */
	size_t n;
	int owned;
};

enum {
	FILTER_PLAIN = 0,
	FILTER_DEBUG = 1, /* allow_debug: ptrace, process_vm_* and kcmp are allowed */
	FILTER_TELL =
	    2, /* rows marked tell notify the supervisor, with their errno as the data of the action */
	FILTER_EXEC = 4,   /* execve and execveat notify the supervisor */
	FILTER_USERNS = 8, /* allow_nested_userns: what sysopen.def has for it */
	FILTER_VSOCK = 16, /* wsl_interop: likewise */
	FILTER_I386 = 32,  /* allow_32bit: the calls of 32-bit programs too, by the same rows; x86-64 alone */
};

/* The default program of an architecture (AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64); borrowed. -ENOTSUP otherwise. */
int filter_default(uint32_t arch, struct filter *ret, struct diag *d);
/* The same under FILTER_TELL. */
int filter_default_told(uint32_t arch, struct filter *ret, struct diag *d);
/*
 * The default table plus `blocked` (names, refused with EPERM). A name that
 * neither the table nor libseccomp knows is -EINVAL with the nearest known one.
 */
int filter_build(uint32_t arch, char *const *blocked, size_t n, struct filter *ret, struct diag *d);
/*
 * filter_build for one session: FILTER_* of flags. With FILTER_TELL or
 * FILTER_EXEC the program must be loaded with a listener
 * (SECCOMP_FILTER_FLAG_NEW_LISTENER), or these calls are ENOSYS.
 */
int filter_build_with(uint32_t arch, unsigned int flags, char *const *blocked, size_t n, struct filter *ret,
		      struct diag *d);
void filter_done(struct filter *f); /* accepts {0} and a done one */
uint32_t filter_native_arch(void);
/* The name of a call; "call N" when nobody knows it. Owned. */
char *filter_name(uint32_t arch, int nr);

/* --list-syscalls: one line each, "name  action  group  why", sorted by name; blocked as in filter_build. */
int filter_list(FILE *out, char *const *blocked, size_t n, struct diag *d);

#endif
