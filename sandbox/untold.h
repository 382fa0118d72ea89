/* SPDX-License-Identifier: MIT */
/* Of a system call filter that tells a listener, the one that tells nobody: for init, the launcher and the printed plan. */
#ifndef UNTOLD_H
#define UNTOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

/*
 * What a call gets where nobody is told: of a notification the errno that it carries, in bits that the kernel does not
 * look at. One without an errno is a question (FILTER_EXEC), and stays.
 */
static inline uint32_t untold_action(uint32_t action)
{
	bool told = (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;

	return told && (action & SECCOMP_RET_DATA) != 0 ? SECCOMP_RET_ERRNO | (action & SECCOMP_RET_DATA)
							: action;
}
/* Makes of a program that tells one that refuses by itself. */
static inline void untold_program(struct sock_filter *insn, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (insn[i].code == (BPF_RET | BPF_K))
			insn[i].k = untold_action(insn[i].k);
}

#endif
