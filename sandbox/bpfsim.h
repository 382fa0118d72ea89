/* SPDX-License-Identifier: MIT */
/*
 * What the kernel would answer: an interpreter for the classic BPF that
 * seccomp(2) takes, over one system call. It refuses what the kernel refuses at
 * load time (kernel/seccomp.c seccomp_check_filter, net/core/filter.c
 * bpf_check_classic) and never reads outside its arguments, whatever the program.
 */
#ifndef BPFSIM_H
#define BPFSIM_H

#include <stddef.h>
#include <stdint.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "diag.h"

/* 0, or -EINVAL naming the instruction that the kernel would not load. */
int bpfsim_check(const struct sock_filter *insn, size_t n, struct diag *d);
/*
 * The action of the program for one call. A program that bpfsim_check refuses
 * gives SECCOMP_RET_KILL_PROCESS and sets d; d is untouched otherwise.
 */
uint32_t bpfsim_run(const struct sock_filter *insn, size_t n, const struct seccomp_data *data,
		    struct diag *d);

#endif
