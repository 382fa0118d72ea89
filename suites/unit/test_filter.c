/* SPDX-License-Identifier: MIT */
/*
 * The compiled programs against the table, call by call and ABI by ABI, on the
 * simulator. What a row means is written here a second time, by hand.
 */
#include "filter.h"

#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "filter_table.h"
#include "mem.h"
#include "util.h"

Suite *filter_suite(void);

#define PASS  SECCOMP_RET_ALLOW
#define E(e)  (SECCOMP_RET_ERRNO | (e))
#define FAKED SECCOMP_RET_ERRNO
#define PTR   0x7f1234567890
#define HIGH  0xdeadbeef00000000

static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };

static uint32_t verdict(const struct filter *f, uint32_t arch, uint32_t nr, const uint64_t *args)
{
	struct seccomp_data data = { .nr = (int)nr, .arch = arch, .instruction_pointer = PTR };
	struct diag d = { 0 };
	uint32_t action;

	if (args != NULL)
		memcpy(data.args, args, sizeof(data.args));
	action = bpfsim_run(f->insn, f->n, &data, &d);
	ck_assert_msg(d.code == 0, "%s", d.msg);
	return action;
}

static struct filter program(uint32_t arch)
{
	struct filter f;
	struct diag d = { 0 };

	ck_assert_msg(filter_default(arch, &f, &d) == 0, "%s", d.msg);
	return f;
}

struct call {
	const char *name;
	uint64_t args[6];
	uint32_t action;
};

/* clang-format off */
static const struct call calls[] = {
	/* threads, forks, and each namespace flag; CLONE_NEWTIME is an exit signal here */
	{ "clone", { 0x3d0f00 }, PASS },
	{ "clone", { 0x1200011 }, PASS },
	{ "clone", { 0x4111 }, PASS },
	{ "clone", { 17 }, PASS },
	{ "clone", { 0x80 }, PASS },
	{ "clone", { 0x00020011 }, E(EPERM) },
	{ "clone", { 0x02000011 }, E(EPERM) },
	{ "clone", { 0x04000011 }, E(EPERM) },
	{ "clone", { 0x08000011 }, E(EPERM) },
	{ "clone", { 0x10000011 }, E(EPERM) },
	{ "clone", { 0x20000011 }, E(EPERM) },
	{ "clone", { 0x40000011 }, E(EPERM) },
	{ "clone", { 0x7e020011 }, E(EPERM) },
	{ "clone3", { PTR, 88 }, E(ENOSYS) },
	{ "unshare", { 0x10000000 }, E(EPERM) },
	{ "unshare", { 0 }, E(EPERM) },
	{ "setns", { 3, 0 }, E(EPERM) },
	/* terminals and other device controls */
	{ "ioctl", { 0, 0x5412, PTR }, E(EPERM) },
	{ "ioctl", { 0, 0x541c, PTR }, E(EPERM) },
	{ "ioctl", { 0, 0x541d }, E(EPERM) },
	{ "ioctl", { 0, 0x5423, PTR }, E(EPERM) },
	{ "ioctl", { 3, 0xc0506617, PTR }, E(EPERM) },
	{ "ioctl", { 3, 0xc0406618, PTR }, E(EPERM) },
	{ "ioctl", { 0, 0x5401, PTR }, PASS },	/* TCGETS */
	{ "ioctl", { 0, 0x5410, PTR }, PASS },	/* TIOCSPGRP */
	{ "ioctl", { 0, 0x540e, 0 }, PASS },	/* TIOCSCTTY */
	{ "ioctl", { 0, 0x5413, PTR }, PASS },	/* TIOCGWINSZ */
	{ "ioctl", { 0, 0x5414, PTR }, PASS },	/* TIOCSWINSZ */
	{ "ioctl", { 0, 0x5422 }, PASS },	/* TIOCNOTTY */
	{ "ioctl", { 0, 0x5424, PTR }, PASS },	/* TIOCGETD */
	{ "ioctl", { 0, 0x541b, PTR }, PASS },	/* FIONREAD */
	{ "ioctl", { 3, 0x40049409, 4 }, PASS },	/* FICLONE */
	{ "ioctl", { 0x5412, 0x5401, 0x5412 }, PASS },
	/* socket families, types and protocols */
	{ "socket", { 1, 1, 0 }, PASS },
	{ "socket", { 1, 0x80802, 0 }, PASS },
	{ "socket", { 1, 5, 0 }, PASS },
	{ "socket", { 2, 1, 0 }, PASS },
	{ "socket", { 2, 0x80001, 6 }, PASS },
	{ "socket", { 2, 2, 17 }, PASS },
	{ "socket", { 2, 2, 1 }, PASS },
	{ "socket", { 2, 1, 262 }, PASS },
	{ "socket", { 10, 0x80801, 0 }, PASS },
	{ "socket", { 10, 2, 58 }, PASS },
	{ "socket", { 16, 3, 0 }, PASS },
	{ "socket", { 16, 0x80003, 0 }, PASS },
	{ "socket", { 2, 1, 132 }, E(EPROTONOSUPPORT) },	/* SCTP */
	{ "socket", { 10, 5, 132 }, E(EPROTONOSUPPORT) },
	{ "socket", { 2, 3, 255 }, E(EPROTONOSUPPORT) },
	{ "socket", { 2, 2, 115 }, E(EPROTONOSUPPORT) },	/* L2TP */
	{ "socket", { 2, 1, 256 }, E(EPROTONOSUPPORT) },	/* SMC */
	{ "socket", { 2, 6, 33 }, E(ESOCKTNOSUPPORT) },	/* DCCP */
	{ "socket", { 2, 6, 0 }, E(ESOCKTNOSUPPORT) },
	{ "socket", { 10, 0x80806, 0 }, E(ESOCKTNOSUPPORT) },
	{ "socket", { 16, 3, 4 }, E(EAFNOSUPPORT) },	/* NETLINK_SOCK_DIAG */
	{ "socket", { 16, 3, 2 }, E(EAFNOSUPPORT) },	/* a protocol with the number of AF_INET */
	{ "socket", { 16, 3, 10 }, E(EAFNOSUPPORT) },
	{ "socket", { 16, 3, 9 }, E(EAFNOSUPPORT) },	/* NETLINK_AUDIT */
	{ "socket", { 16, 3, 12 }, E(EAFNOSUPPORT) },	/* NETLINK_NETFILTER */
	{ "socket", { 16, 3, 15 }, E(EAFNOSUPPORT) },	/* NETLINK_KOBJECT_UEVENT */
	{ "socket", { 40, 1, 0 }, E(EAFNOSUPPORT) },	/* AF_VSOCK */
	{ "socket", { 38, 5, 0 }, E(EAFNOSUPPORT) },	/* AF_ALG */
	{ "socket", { 17, 3, 0 }, E(EAFNOSUPPORT) },	/* AF_PACKET */
	{ "socket", { 44, 3, 0 }, E(EAFNOSUPPORT) },	/* AF_XDP */
	{ "socket", { 0, 1, 0 }, E(EAFNOSUPPORT) },
	{ "socket", { 0xffffffff, 1, 0 }, E(EAFNOSUPPORT) },
	{ "socketpair", { 1, 1, 0, PTR }, PASS },
	{ "socketpair", { 1, 0x80805, 0, PTR }, PASS },
	{ "socketpair", { 2, 1, 0, PTR }, E(EAFNOSUPPORT) },
	{ "socketpair", { 30, 1, 0, PTR }, E(EAFNOSUPPORT) },
	{ "socketpair", { 40, 1, 0, PTR }, E(EAFNOSUPPORT) },
	{ "setsockopt", { 3, 6, 31, PTR, 4 }, E(ENOENT) },
	{ "setsockopt", { 3, 6, 1, PTR, 4 }, PASS },	/* TCP_NODELAY */
	{ "setsockopt", { 3, 1, 31, PTR, 4 }, PASS },
	{ "setsockopt", { 3, 1, 2, PTR, 4 }, PASS },	/* SO_REUSEADDR */
	/* setuid and setgid modes */
	{ "chmod", { PTR, 0755 }, PASS },
	{ "chmod", { PTR, 01777 }, PASS },
	{ "chmod", { PTR, 04755 }, E(EPERM) },
	{ "chmod", { PTR, 02755 }, E(EPERM) },
	{ "chmod", { PTR, 06000 }, E(EPERM) },
	{ "fchmod", { 3, 0644 }, PASS },
	{ "fchmod", { 06000, 0644 }, PASS },
	{ "fchmod", { 3, 04000 }, E(EPERM) },
	{ "fchmod", { 3, 02000 }, E(EPERM) },
	{ "fchmodat", { 0xffffff9c, PTR, 0700 }, PASS },
	{ "fchmodat", { 0xffffff9c, PTR, 04700 }, E(EPERM) },
	{ "fchmodat", { 0xffffff9c, PTR, 02070 }, E(EPERM) },
	{ "fchmodat2", { 3, PTR, 0644, 0 }, E(ENOSYS) },
	{ "mknod", { PTR, 010644 }, PASS },
	{ "mknod", { PTR, 0104755 }, E(EPERM) },
	{ "mknod", { PTR, 0102755 }, E(EPERM) },
	{ "mknodat", { 3, PTR, 0100644 }, PASS },
	{ "mknodat", { 3, PTR, 0104755 }, E(EPERM) },
	{ "mknodat", { 3, PTR, 0102755 }, E(EPERM) },
	{ "creat", { PTR, 0644 }, PASS },
	{ "creat", { PTR, 04755 }, E(EPERM) },
	{ "creat", { PTR, 02755 }, E(EPERM) },
	{ "open", { PTR, 02, 0 }, PASS },
	{ "open", { PTR, 0102, 0644 }, PASS },
	{ "open", { PTR, 02, 04755 }, PASS },	/* creates nothing: the mode is not read */
	{ "open", { PTR, 0101, 04755 }, E(EPERM) },
	{ "open", { PTR, 0101, 02755 }, E(EPERM) },
	{ "open", { PTR, 020200002, 04700 }, E(EPERM) },	/* O_TMPFILE */
	{ "openat", { 3, PTR, 02000000, 0 }, PASS },
	{ "openat", { 3, PTR, 02000101, 0666 }, PASS },
	{ "openat", { 3, PTR, 0200000, 06000 }, PASS },	/* O_DIRECTORY, no __O_TMPFILE */
	{ "openat", { 3, PTR, 0101, 04755 }, E(EPERM) },
	{ "openat", { 3, PTR, 0101, 02000 }, E(EPERM) },
	{ "openat", { 3, PTR, 020200002, 04700 }, E(EPERM) },
	{ "openat", { 3, PTR, 020040002, 02700 }, E(EPERM) },	/* aarch64's O_DIRECTORY */
	{ "openat2", { 3, PTR, PTR, 24 }, E(ENOSYS) },
	{ "mkdir", { PTR, 06755 }, PASS },	/* vfs_mkdir drops them */
	{ "mkdirat", { 3, PTR, 02755 }, PASS },
	/* the core limit is answered and stays */
	{ "setrlimit", { 4, PTR }, FAKED },
	{ "setrlimit", { 4, 0 }, PASS },
	{ "setrlimit", { 7, PTR }, PASS },
	{ "prlimit64", { 0, 4, PTR, 0 }, FAKED },
	{ "prlimit64", { 0, 4, PTR, PTR }, FAKED },
	{ "prlimit64", { 77, 4, PTR, 0 }, FAKED },
	{ "prlimit64", { 0, 4, 0x1, 0 }, FAKED },
	{ "prlimit64", { 0, 4, 0x100000000, 0 }, FAKED },
	{ "prlimit64", { 0, 4, 0, PTR }, PASS },
	{ "prlimit64", { 0, 7, PTR, 0 }, PASS },
	{ "prlimit64", { 4, 7, PTR, 0 }, PASS },
	{ "getrlimit", { 4, PTR }, PASS },
	/* execution domains */
	{ "personality", { 0 }, PASS },
	{ "personality", { 0xffffffff }, PASS },
	{ "personality", { 0x0040000 }, E(EPERM) },	/* ADDR_NO_RANDOMIZE */
	{ "personality", { 0x0100000 }, E(EPERM) },	/* MMAP_PAGE_ZERO */
	{ "personality", { 8 }, E(EPERM) },
	{ "personality", { 0xfffffffe }, E(EPERM) },
	/* process settings */
	{ "prctl", { 35, 14, PTR, 104 }, E(EPERM) },
	{ "prctl", { 15, PTR }, PASS },	/* PR_SET_NAME */
	{ "prctl", { 1, 9 }, PASS },	/* PR_SET_PDEATHSIG */
	{ "prctl", { 4, 0 }, PASS },	/* PR_SET_DUMPABLE */
	{ "prctl", { 22, 2, PTR }, PASS },	/* PR_SET_SECCOMP */
	{ "prctl", { 36, 1 }, PASS },	/* PR_SET_CHILD_SUBREAPER */
	{ "prctl", { 38, 1 }, PASS },	/* PR_SET_NO_NEW_PRIVS */
	{ "prctl", { 0, 35 }, PASS },
	/* own confinement */
	{ "seccomp", { 1, 0, PTR }, PASS },
	{ "seccomp", { 1, 8, PTR }, PASS },
	{ "landlock_create_ruleset", { 0, 0, 1 }, PASS },
	{ "landlock_restrict_self", { 3, 0 }, PASS },
	{ "kill", { 1, 15 }, PASS },
	{ "pidfd_open", { 1, 0 }, PASS },
	{ "pidfd_send_signal", { 3, 15 }, PASS },
	{ "memfd_create", { PTR, 0 }, PASS },
	{ "execve", { PTR, PTR, PTR }, PASS },
	{ "execveat", { 3, PTR, PTR, PTR, 0x1000 }, PASS },
};
/* clang-format on */

START_TEST(each_argument_row_decides_as_written)
{
	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		struct filter f = program(archs[a]);

		for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
			int nr = filter_resolve(archs[a], calls[i].name);
			uint32_t got;

			ck_assert_msg(nr != FILTER_NR_UNKNOWN, "%s", calls[i].name);
			if (nr == FILTER_NR_ABSENT)
				continue;
			got = verdict(&f, archs[a], (uint32_t)nr, calls[i].args);
			ck_assert_msg(got == calls[i].action,
				      "arch %#x row %zu %s(%#lx, %#lx, %#lx, …): %#x, not %#x", archs[a], i,
				      calls[i].name, (long)calls[i].args[0], (long)calls[i].args[1],
				      (long)calls[i].args[2], got, calls[i].action);
		}
	}
}
END_TEST

/* The arguments of a call that are compared as 32 bits; never those of SET. */
static bool is_compared(const char *name, unsigned int arg)
{
	const struct filter_row *row = filter_row_find(name), *r = NULL;

	while ((r = filter_row_next_if(row, r)) != NULL)
		for (size_t i = 0; i < ARRAY_SIZE(r->test); i++)
			if (r->test[i].op != FILTER_NONE && r->test[i].op != FILTER_SET &&
			    r->test[i].arg == arg)
				return true;
	return false;
}

START_TEST(high_halves_of_compared_arguments_change_nothing)
{
	static const uint64_t dirt[] = { 1ULL << 32, 1ULL << 40, 1ULL << 63, HIGH, 0xffffffffULL << 32 };
	size_t compared = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls) * ARRAY_SIZE(archs); i++) {
		const struct call *c = &calls[i / ARRAY_SIZE(archs)];
		uint32_t arch = archs[i % ARRAY_SIZE(archs)];
		struct filter f = program(arch);
		int nr = filter_resolve(arch, c->name);

		for (unsigned int arg = 0; nr >= 0 && arg < 6; arg++) {
			if (!is_compared(c->name, arg))
				continue;
			for (size_t k = 0; k < ARRAY_SIZE(dirt); k++) {
				uint64_t args[6];
				uint32_t got;

				memcpy(args, c->args, sizeof(args));
				args[arg] |= dirt[k];
				got = verdict(&f, arch, (uint32_t)nr, args);
				ck_assert_msg(got == c->action, "%s row %zu argument %u | %#lx: %#x", c->name,
					      i / ARRAY_SIZE(archs), arg, (long)dirt[k], got);
				compared++;
			}
		}
	}
	ck_assert_uint_gt(compared, 500);
}
END_TEST

START_TEST(each_plain_row_decides_whatever_the_arguments)
{
	static const uint64_t some[][6] = {
		{ 0 },
		{ ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL, ~0ULL },
		{ 1, 0x5412, 4, 06000, 0x7e020000, 35 },
		{ PTR, PTR, PTR, PTR, PTR, PTR },
	};
	size_t n, seen = 0;
	const struct filter_row *rows = filter_rows(&n);

	for (size_t i = 0; i < n * ARRAY_SIZE(archs); i++) {
		const struct filter_row *row = &rows[i / ARRAY_SIZE(archs)];
		uint32_t arch = archs[i % ARRAY_SIZE(archs)];
		struct filter f = program(arch);
		int nr = filter_resolve(arch, row->name);

		if (nr < 0 || row->is_if || filter_row_next_if(row, NULL) != NULL)
			continue;
		seen++;
		for (size_t k = 0; k < ARRAY_SIZE(some); k++) {
			uint32_t got = verdict(&f, arch, (uint32_t)nr, some[k]);

			ck_assert_msg(got == row->action, "arch %#x %s: %#x, not %#x", arch, row->name, got,
				      row->action);
		}
	}
	ck_assert_uint_gt(seen, 600);
}
END_TEST

/* Numbers as the kernel headers have them, so that a wrong resolver is seen. */
START_TEST(known_numbers_are_refused)
{
	static const struct {
		uint32_t arch, nr, action;
	} known[] = {
		{ AUDIT_ARCH_X86_64, 165, E(EPERM) },	/* mount */
		{ AUDIT_ARCH_X86_64, 101, E(EPERM) },	/* ptrace */
		{ AUDIT_ARCH_X86_64, 246, E(EPERM) },	/* kexec_load */
		{ AUDIT_ARCH_X86_64, 321, E(EPERM) },	/* bpf */
		{ AUDIT_ARCH_X86_64, 272, E(EPERM) },	/* unshare */
		{ AUDIT_ARCH_X86_64, 425, E(ENOSYS) },	/* io_uring_setup */
		{ AUDIT_ARCH_X86_64, 0, PASS },		/* read */
		{ AUDIT_ARCH_X86_64, 110, PASS },	/* getppid */
		{ AUDIT_ARCH_AARCH64, 40, E(EPERM) },	/* mount */
		{ AUDIT_ARCH_AARCH64, 117, E(EPERM) },	/* ptrace */
		{ AUDIT_ARCH_AARCH64, 104, E(EPERM) },	/* kexec_load */
		{ AUDIT_ARCH_AARCH64, 280, E(EPERM) },	/* bpf */
		{ AUDIT_ARCH_AARCH64, 97, E(EPERM) },	/* unshare */
		{ AUDIT_ARCH_AARCH64, 425, E(ENOSYS) }, /* io_uring_setup */
		{ AUDIT_ARCH_AARCH64, 63, PASS },	/* read */
		{ AUDIT_ARCH_AARCH64, 173, PASS },	/* getppid */
		{ AUDIT_ARCH_AARCH64, 467, E(EPERM) },	/* open_tree_attr */
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct filter f = program(known[i].arch);

		ck_assert_uint_eq(verdict(&f, known[i].arch, known[i].nr, NULL), known[i].action);
	}
}
END_TEST

START_TEST(foreign_abis_are_not_implemented)
{
	static const uint32_t foreign[] = {
		AUDIT_ARCH_I386,
		AUDIT_ARCH_ARM,
		AUDIT_ARCH_X86_64,
		AUDIT_ARCH_AARCH64,
		AUDIT_ARCH_S390X,
		AUDIT_ARCH_RISCV64,
		0,
		0xffffffff,
	};

	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		struct filter f = program(archs[a]);

		for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
			for (uint32_t nr = 0; nr < 600 && foreign[i] != archs[a]; nr++)
				ck_assert_uint_eq(verdict(&f, foreign[i], nr, NULL), E(ENOSYS));
	}
}
END_TEST

START_TEST(x32_numbers_are_not_implemented)
{
	struct filter f = program(AUDIT_ARCH_X86_64);

	for (uint32_t nr = 0; nr < 600; nr++)
		ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_X86_64, 0x40000000 | nr, NULL), E(ENOSYS));
	/* and without the bit, which reached their handlers before 5.4 */
	for (uint32_t nr = 512; nr < 548; nr++)
		ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_X86_64, nr, NULL), E(ENOSYS));
}
END_TEST

START_TEST(numbers_beyond_the_table_are_not_implemented)
{
	static const uint32_t far[] = { 0x7fffffff,    0x80000000,	  0xffffffff,
					0xfffffffe,    0x40000000,	  FILTER_NR_END - 1,
					FILTER_NR_END, FILTER_NR_END + 1, 65536 };

	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		struct filter f = program(archs[a]);

		for (uint32_t nr = 470; nr < 2000; nr++)
			ck_assert_uint_eq(verdict(&f, archs[a], nr, NULL), E(ENOSYS));
		for (size_t i = 0; i < ARRAY_SIZE(far); i++)
			ck_assert_uint_eq(verdict(&f, archs[a], far[i], NULL), E(ENOSYS));
	}
}
END_TEST

/* Also the gaps between the numbers: allowed is what a row allows, and nothing kills. */
START_TEST(numbers_without_a_row_are_not_implemented)
{
	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		struct filter f = program(archs[a]);
		bool has_row[FILTER_NR_END] = { false };
		size_t n;
		const struct filter_row *rows = filter_rows(&n);

		for (size_t i = 0; i < n; i++) {
			int nr = filter_resolve(archs[a], rows[i].name);

			if (nr >= 0)
				has_row[nr] = true;
		}
		for (uint32_t nr = 0; nr < FILTER_NR_END; nr++) {
			uint32_t got = verdict(&f, archs[a], nr, NULL);

			if (!has_row[nr])
				ck_assert_uint_eq(got, E(ENOSYS));
			ck_assert(got == PASS || (got & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO);
		}
	}
}
END_TEST

START_TEST(the_linked_programs_are_what_the_table_gives)
{
	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		struct filter f = program(archs[a]), built = { 0 };
		struct diag d = { 0 };

		ck_assert_msg(filter_build(archs[a], NULL, 0, &built, &d) == 0, "%s", d.msg);
		ck_assert_uint_eq(f.n, built.n);
		ck_assert_mem_eq(f.insn, built.insn, f.n * sizeof(*f.insn));
		ck_assert_uint_lt(f.n, 400);
		filter_done(&built);
		ck_assert_ptr_null(built.insn);
	}
}
END_TEST

START_TEST(other_architectures_are_refused)
{
	struct filter f = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(filter_default(AUDIT_ARCH_I386, &f, &d), -ENOTSUP);
	ck_assert_int_eq(filter_build(AUDIT_ARCH_RISCV64, NULL, 0, &f, &d), -ENOTSUP);
	ck_assert_ptr_null(f.insn);
}
END_TEST

/* So that --list-syscalls and the nearest name are complete. */
START_TEST(the_table_names_every_call_of_both_architectures)
{
	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		for (int nr = 0; nr < 457; nr++) {
			AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(archs[a], nr);

			ck_assert_msg(name == NULL || filter_row_find(name) != NULL, "%s has no row", name);
		}
	}
}
END_TEST

START_TEST(blocked_calls_get_eperm)
{
	char *const blocked[] = { (char[]){ "mkdirat" }, (char[]){ "ioctl" }, (char[]){ "clone3" },
				  (char[]){ "socket" },	 (char[]){ "mount" }, (char[]){ "open" } };

	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		static const struct call want[] = {
			{ "mkdirat", { 0 }, E(EPERM) },
			{ "ioctl", { 0, 0x5401 }, E(EPERM) },
			{ "socket", { 1, 1, 0 }, E(EPERM) },
			{ "clone3", { 0 }, E(ENOSYS) }, /* EPERM would end every thread */
			{ "mount", { 0 }, E(EPERM) },
			{ "unlinkat", { 0 }, PASS },
			{ "socketpair", { 1 }, PASS },
		};
		struct filter f = { 0 };
		struct diag d = { 0 };

		ck_assert_msg(filter_build(archs[a], blocked, ARRAY_SIZE(blocked), &f, &d) == 0, "%s", d.msg);
		for (size_t i = 0; i < ARRAY_SIZE(want); i++)
			ck_assert_msg(verdict(&f, archs[a], (uint32_t)filter_resolve(archs[a], want[i].name),
					      want[i].args) == want[i].action,
				      "%s", want[i].name);
		filter_done(&f);
	}
}
END_TEST

/* A search tree with branches that are too far away for a conditional jump. */
START_TEST(a_large_program_reaches_every_leaf)
{
	for (size_t a = 0; a < ARRAY_SIZE(archs); a++) {
		char *blocked[FILTER_NR_END];
		bool is_blocked[FILTER_NR_END] = { false };
		size_t n = 0, n_rows, far = 0;
		const struct filter_row *rows = filter_rows(&n_rows);
		struct filter f = { 0 };
		struct diag d = { 0 };

		for (int nr = 1; nr < 457; nr += 2) {
			blocked[n] = seccomp_syscall_resolve_num_arch(archs[a], nr);
			is_blocked[nr] = blocked[n] != NULL;
			n += is_blocked[nr];
		}
		ck_assert_int_eq(filter_build(archs[a], blocked, n, &f, &d), 0);
		for (size_t i = 0; i < f.n; i++)
			far += f.insn[i].code == (BPF_JMP | BPF_JA);
		ck_assert_uint_gt(far, 0);
		for (size_t i = 0; i < n_rows; i++) {
			int nr = filter_resolve(archs[a], rows[i].name);
			bool plain = filter_row_next_if(&rows[i], NULL) == NULL;
			uint32_t want = rows[i].action;

			if (nr < 0 || rows[i].is_if)
				continue;
			if (is_blocked[nr] && (want == PASS || !plain))
				want = E(EPERM);
			else if (!plain)
				continue;
			ck_assert_msg(verdict(&f, archs[a], (uint32_t)nr, NULL) == want, "%s", rows[i].name);
		}
		ck_assert_uint_eq(verdict(&f, archs[a], 0xffffffff, NULL), E(ENOSYS));
		filter_done(&f);
		while (n > 0)
			free(blocked[--n]);
	}
}
END_TEST

/* Who is asked about commands would let it go on. */
START_TEST(a_blocked_exec_is_refused_by_the_filter_itself)
{
	char *const blocked[] = { (char[]){ "execveat" } };
	struct seccomp_data data = { .nr = 322, .arch = AUDIT_ARCH_X86_64 };
	struct filter f = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, FILTER_EXEC | FILTER_TELL, blocked, 1, &f, &d),
			 0);
	ck_assert_uint_eq(bpfsim_run(f.insn, f.n, &data, &d), E(EPERM));
	data.nr = 59;
	ck_assert_uint_eq(bpfsim_run(f.insn, f.n, &data, &d), SECCOMP_RET_USER_NOTIF);
	filter_done(&f);
}
END_TEST

START_TEST(unknown_blocked_names_are_refused_with_the_nearest)
{
	static const struct {
		const char *name, *nearest;
	} wrong[] = {
		{ "mont", "mount" }, { "unlink_at", "unlinkat" }, { "exeve", "execve" },    { "MKDIR", NULL },
		{ "", NULL },	     { "mkdir ", "mkdir" },	  { "nosuchcall\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char *const name[] = { xstrdup(wrong[i].name) };
		struct filter f = { 0 };
		struct diag d = { 0 };

		ck_assert_int_eq(filter_build(AUDIT_ARCH_X86_64, name, 1, &f, &d), -EINVAL);
		ck_assert_int_eq(d.code, -EINVAL);
		ck_assert_ptr_null(f.insn);
		if (wrong[i].nearest != NULL)
			ck_assert_msg(strstr(d.try, wrong[i].nearest) != NULL, "%s: %s", d.msg, d.try);
		free(name[0]);
	}
}
END_TEST

static uint32_t native_verdict(unsigned int flags, const char *name, const uint64_t *args)
{
	struct filter f = { 0 };
	struct diag d = { 0 };
	uint32_t action;

	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, flags, NULL, 0, &f, &d), 0);
	action = verdict(&f, AUDIT_ARCH_X86_64, (uint32_t)filter_resolve(AUDIT_ARCH_X86_64, name), args);
	filter_done(&f);
	return action;
}

START_TEST(flags_open_or_notify_what_they_name)
{
	static const uint64_t setuid_mode[6] = { PTR, 04755 }, listener[6] = { 1, 8, PTR };

	ck_assert_uint_eq(native_verdict(FILTER_DEBUG, "ptrace", NULL), PASS);
	ck_assert_uint_eq(native_verdict(FILTER_DEBUG, "kcmp", NULL), PASS);
	ck_assert_uint_eq(native_verdict(FILTER_DEBUG, "pidfd_getfd", NULL), E(EPERM));
	ck_assert_uint_eq(native_verdict(FILTER_DEBUG, "mount", NULL), E(EPERM));
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "mount", NULL), SECCOMP_RET_USER_NOTIF | EPERM);
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "chmod", setuid_mode), SECCOMP_RET_USER_NOTIF | EPERM);
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "chmod", NULL), PASS);
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "io_uring_setup", NULL), E(ENOSYS));
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "execve", NULL), PASS);
	ck_assert_uint_eq(native_verdict(FILTER_EXEC, "execve", NULL), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(native_verdict(FILTER_EXEC, "execveat", NULL), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(native_verdict(FILTER_EXEC, "mount", NULL), E(EPERM));
	ck_assert_uint_eq(native_verdict(FILTER_EXEC, "seccomp", listener), E(EBUSY));
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "seccomp", listener), E(EBUSY));
	ck_assert_uint_eq(native_verdict(FILTER_TELL, "seccomp", NULL), PASS);
}
END_TEST

/* Under each flag what it names passes, and every other number gets what it gets without. */
START_TEST(an_opening_opens_what_it_names_and_no_more)
{
	static const struct {
		unsigned int flag;
		const char *name;
		uint64_t args[6];
		uint32_t action;
	} rows[] = {
		{ FILTER_USERNS, "clone", { 0x10000000 | 17 }, PASS },
		{ FILTER_USERNS, "clone", { 0x60000000 | 17 }, PASS },
		{ FILTER_USERNS, "clone", { 0x10020000 | 17 }, E(EPERM) },
		{ FILTER_USERNS, "clone", { 0x20000 }, E(EPERM) },
		{ FILTER_USERNS, "clone", { 0x10000020000 }, E(EPERM) },
		{ FILTER_USERNS, "unshare", { 0x10000000 }, PASS },
		{ FILTER_USERNS, "unshare", { 0x10020000 }, E(EPERM) },
		{ FILTER_USERNS, "unshare", { 0x80 }, E(EPERM) },
		{ FILTER_USERNS, "unshare", { 0x1000000020000 }, E(EPERM) },
		{ FILTER_USERNS, "chroot", { PTR }, PASS },
		{ FILTER_USERNS, "setns", { 3, 0x10000000 }, E(EPERM) },
		{ FILTER_USERNS, "clone3", { PTR, 88 }, E(ENOSYS) },
		{ FILTER_USERNS, "sethostname", { PTR, 1 }, E(EPERM) },
		{ FILTER_VSOCK, "socket", { 40, 1, 0 }, PASS },
		{ FILTER_VSOCK, "socket", { 38, 5, 0 }, E(EAFNOSUPPORT) },
		{ FILTER_VSOCK, "socket", { 16, 3, 15 }, E(EAFNOSUPPORT) },
		{ FILTER_VSOCK, "socketpair", { 40, 1, 0 }, E(EAFNOSUPPORT) },
		{ FILTER_VSOCK, "socket", { 1, 1, 0 }, PASS },
	};
	static const struct {
		unsigned int flag;
		const char *names;
	} may[] = { { FILTER_DEBUG, " ptrace process_vm_readv process_vm_writev kcmp " },
		    { FILTER_USERNS, " unshare chroot " },
		    { FILTER_VSOCK, " " },
		    { FILTER_I386, " " } };
	struct filter plain = program(AUDIT_ARCH_X86_64);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		ck_assert_msg(native_verdict(rows[i].flag, rows[i].name, rows[i].args) == rows[i].action,
			      "%s row %zu", rows[i].name, i);
	for (size_t m = 0; m < ARRAY_SIZE(may); m++) {
		struct filter f = { 0 };
		struct diag d = { 0 };

		ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, may[m].flag, NULL, 0, &f, &d), 0);
		ck_assert_int_eq(bpfsim_check(f.insn, f.n, &d), 0);
		for (uint32_t nr = 0; nr < FILTER_NR_END; nr++) {
			AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(AUDIT_ARCH_X86_64, (int)nr);
			AUTO_FREE char *word = xasprintf(" %s ", name != NULL ? name : "");
			uint32_t before = verdict(&plain, AUDIT_ARCH_X86_64, nr, NULL);
			uint32_t now = verdict(&f, AUDIT_ARCH_X86_64, nr, NULL);

			ck_assert_msg(now == (strstr(may[m].names, word) != NULL ? PASS : before), "%s",
				      word);
			ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_X86_64, 0x40000000 | nr, NULL), E(ENOSYS));
			ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_ARM, nr, NULL), E(ENOSYS));
			if (may[m].flag != FILTER_I386)
				ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_I386, nr, NULL), E(ENOSYS));
		}
		filter_done(&f);
	}
}
END_TEST

/* Numbers of arch/x86/entry/syscalls/syscall_32.tbl. */
START_TEST(calls_of_32_bit_programs_get_what_their_rows_say)
{
	static const struct {
		uint32_t nr;
		uint64_t args[6];
		uint32_t action;
	} known[] = {
		{ 1, { 0 }, PASS },		     /* exit */
		{ 7, { 1 }, PASS },		     /* waitpid */
		{ 20, { 0 }, PASS },		     /* getpid */
		{ 90, { PTR }, PASS },		     /* mmap of old */
		{ 192, { 0, 4096, 7, 0x22 }, PASS }, /* mmap2 */
		{ 199, { 0 }, PASS },		     /* getuid32 */
		{ 221, { 1, 2 }, PASS },	     /* fcntl64 */
		{ 243, { PTR }, PASS },		     /* set_thread_area */
		{ 403, { 0, PTR }, PASS },	     /* clock_gettime64 */
		{ 422, { PTR, 0 }, PASS },	     /* futex_time64 */
		{ 21, { 0 }, E(EPERM) },	     /* mount */
		{ 22, { 0 }, E(EPERM) },	     /* umount */
		{ 25, { PTR }, E(EPERM) },	     /* stime */
		{ 26, { 0 }, E(EPERM) },	     /* ptrace */
		{ 52, { 0 }, E(EPERM) },	     /* umount2 */
		{ 61, { PTR }, E(EPERM) },	     /* chroot */
		{ 87, { PTR }, E(EPERM) },	     /* swapon */
		{ 88, { 0 }, E(EPERM) },	     /* reboot */
		{ 101, { 0 }, E(EPERM) },	     /* ioperm */
		{ 102, { 1, PTR }, E(ENOSYS) },	     /* socketcall */
		{ 113, { PTR }, E(ENOSYS) },	     /* vm86old */
		{ 117, { 21, 0 }, E(ENOSYS) },	     /* ipc */
		{ 123, { 1, PTR, 16 }, E(EPERM) },   /* modify_ldt */
		{ 166, { 1, PTR }, E(ENOSYS) },	     /* vm86 */
		{ 264, { 0, PTR }, E(EPERM) },	     /* clock_settime */
		{ 310, { 0x10000000 }, E(EPERM) },   /* unshare */
		{ 346, { 3, 0 }, E(EPERM) },	     /* setns */
		{ 347, { 1 }, E(EPERM) },	     /* process_vm_readv */
		{ 357, { 0 }, E(EPERM) },	     /* bpf */
		{ 404, { 0, PTR }, E(EPERM) },	     /* clock_settime64 */
		{ 405, { 0, PTR }, E(EPERM) },	     /* clock_adjtime64 */
		{ 425, { 1, PTR }, E(ENOSYS) },	     /* io_uring_setup */
		{ 435, { PTR, 88 }, E(ENOSYS) },     /* clone3 */
		{ 442, { 0 }, E(EPERM) },	     /* mount_setattr */
		{ 5, { PTR, 0101, 0644 }, PASS },    /* open */
		{ 5, { PTR, 0101, 04755 }, E(EPERM) },
		{ 8, { PTR, 04755 }, E(EPERM) },     /* creat */
		{ 14, { PTR, 06755, 0 }, E(EPERM) }, /* mknod */
		{ 15, { PTR, 0755 }, PASS },	     /* chmod */
		{ 15, { PTR, 02755 }, E(EPERM) },
		{ 54, { 0, 0x5401, PTR }, PASS }, /* ioctl */
		{ 54, { 0, 0x5412, PTR }, E(EPERM) },
		{ 54, { 0, 0x541c, PTR }, E(EPERM) },
		{ 75, { 4, PTR }, E(0) }, /* setrlimit of core: without effect */
		{ 75, { 7, PTR }, PASS },
		{ 94, { 3, 04755 }, E(EPERM) }, /* fchmod */
		{ 120, { 17 }, PASS },		/* clone */
		{ 120, { 0x10000011 }, E(EPERM) },
		{ 136, { 0 }, PASS }, /* personality */
		{ 136, { 0x40000 }, E(EPERM) },
		{ 172, { 35 }, E(EPERM) }, /* prctl PR_SET_MM */
		{ 172, { 38, 1 }, PASS },
		{ 306, { 3, PTR, 04755 }, E(EPERM) }, /* fchmodat */
		{ 340, { 0, 4, PTR }, E(0) },	      /* prlimit64 */
		{ 359, { 1, 1, 0 }, PASS },	      /* socket */
		{ 359, { 2, 1, 6 }, PASS },
		{ 359, { 2, 3, 255 }, E(EPROTONOSUPPORT) },
		{ 359, { 40, 1, 0 }, E(EAFNOSUPPORT) },
		{ 359, { 16, 3, 15 }, E(EAFNOSUPPORT) },
		{ 360, { 1, 1, 0 }, PASS }, /* socketpair */
		{ 360, { 2, 1, 0 }, E(EAFNOSUPPORT) },
		{ 366, { 3, 6, 31 }, E(ENOENT) }, /* setsockopt TCP_ULP */
	};
	char *const blocked[] = { (char[]){ "fcntl" }, (char[]){ "socket" } };
	struct filter f = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, FILTER_I386, NULL, 0, &f, &d), 0);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		ck_assert_msg(verdict(&f, AUDIT_ARCH_I386, known[i].nr, known[i].args) == known[i].action,
			      "%u: %#x, not %#x", known[i].nr,
			      verdict(&f, AUDIT_ARCH_I386, known[i].nr, known[i].args), known[i].action);
	for (uint32_t nr = 470; nr < 2000; nr++)
		ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_I386, nr, NULL), E(ENOSYS));
	filter_done(&f);
	/* What is refused by name is so under the names of the 32-bit table. */
	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, FILTER_I386, blocked, 2, &f, &d), 0);
	ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_I386, 55, NULL), E(EPERM));
	ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_I386, 221, NULL), E(EPERM));
	ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_I386, 359, known[54].args), E(EPERM));
	ck_assert_uint_eq(verdict(&f, AUDIT_ARCH_I386, 20, NULL), PASS);
	filter_done(&f);
	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_AARCH64, FILTER_I386, NULL, 0, &f, &d), -ENOTSUP);
}
END_TEST

/* By the library's own numbers: no call passes whose row refuses it, whatever it is called. */
START_TEST(no_32_bit_call_passes_that_a_row_refuses)
{
	struct filter f = { 0 };
	struct diag d = { 0 };
	size_t seen = 0;

	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, FILTER_I386, NULL, 0, &f, &d), 0);
	for (int nr = 0; nr < 600; nr++) {
		AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(AUDIT_ARCH_I386, nr);
		const struct filter_row *row = name != NULL ? filter_row_find(name) : NULL;
		uint32_t got = verdict(&f, AUDIT_ARCH_I386, (uint32_t)nr, NULL);

		if (name == NULL && nr < 359)
			ck_assert_uint_eq(got, E(ENOSYS));
		if (row == NULL || strstr(name, "thread_area") != NULL)
			continue;
		seen++;
		ck_assert_msg(got == verdict(&f, AUDIT_ARCH_X86_64,
					     (uint32_t)filter_resolve(AUDIT_ARCH_X86_64, name), NULL),
			      "%s", name);
	}
	ck_assert_uint_gt(seen, 300);
	filter_done(&f);
}
END_TEST

START_TEST(the_list_has_every_call_sorted)
{
	char *const blocked[] = { (char[]){ "sync" } };
	char *text = NULL, *save = NULL;
	char before[64] = "";
	size_t size, lines = 0, told = 0;
	FILE *out = open_memstream(&text, &size);
	struct diag d = { 0 };

	ck_assert_int_eq(filter_list(out, blocked, 1, &d), 0);
	fclose(out);
	for (char *l = strtok_r(text, "\n", &save); l != NULL; l = strtok_r(NULL, "\n", &save)) {
		char name[64], action[64], group[64];

		ck_assert_msg(sscanf(l, "%63s %63s %63s", name, action, group) == 3, "%s", l);
		ck_assert_msg(strcmp(before, name) < 0, "%s after %s", name, before);
		strcpy(before, name);
		lines++;
		if (streq(name, "mount") || streq(name, "ptrace") || streq(name, "kexec_load") ||
		    streq(name, "bpf") || streq(name, "sync")) {
			ck_assert_str_eq(action, "EPERM");
			told++;
		}
	}
	ck_assert_uint_eq(told, 5);
	ck_assert_uint_ge(lines, 380);
	free(text);
}
END_TEST

/* One program of a few instructions, and whether the kernel would load it. */
static const struct {
	struct sock_filter insn[4];
	size_t n;
	bool loads;
	uint32_t action;
} small[] = {
	{ { { BPF_RET, 0, 0, 7 } }, 1, true, 7 },
	{ { { BPF_RET, 0, 0, 7 } }, 0, false, 0 },
	{ { { BPF_LD | BPF_IMM, 0, 0, 7 } }, 1, false, 0 }, /* no return */
	{ { { BPF_LD | BPF_IMM, 0, 0, 9 }, { BPF_RET | BPF_A, 0, 0, 0 } }, 2, true, 9 },
	{ { { BPF_LD | BPF_W | BPF_ABS, 0, 0, 64 }, { BPF_RET, 0, 0, 0 } }, 2, false, 0 },
	{ { { BPF_LD | BPF_W | BPF_ABS, 0, 0, 2 }, { BPF_RET, 0, 0, 0 } }, 2, false, 0 },
	{ { { BPF_LD | BPF_W | BPF_ABS, 0, 0, 60 }, { BPF_RET | BPF_A, 0, 0, 0 } }, 2, true, 0x66 },
	{ { { BPF_LD | BPF_W | BPF_LEN, 0, 0, 0 }, { BPF_RET | BPF_A, 0, 0, 0 } }, 2, true, 64 },
	{ { { BPF_LD | BPF_B | BPF_ABS, 0, 0, 0 }, { BPF_RET, 0, 0, 0 } }, 2, false, 0 },
	{ { { BPF_LD | BPF_W | BPF_IND, 0, 0, 0 }, { BPF_RET, 0, 0, 0 } }, 2, false, 0 },
	{ { { BPF_JMP | BPF_JA, 0, 0, 1 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 2 } }, 3, true, 2 },
	{ { { BPF_JMP | BPF_JA, 0, 0, 2 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 2 } }, 3, false, 0 },
	{ { { BPF_JMP | BPF_JA, 0, 0, 0xffffffff }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_JMP | BPF_JEQ, 1, 0, 0 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_JMP | BPF_JEQ, 1, 0, 0 }, { BPF_RET, 0, 0, 1 }, { BPF_RET, 0, 0, 2 } }, 3, true, 2 },
	{ { { BPF_LD | BPF_MEM, 0, 0, 0 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_ST, 0, 0, 16 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_JMP | BPF_JEQ, 0, 1, 0 },
	    { BPF_ST, 0, 0, 3 },
	    { BPF_LD | BPF_MEM, 0, 0, 3 },
	    { BPF_RET | BPF_A, 0, 0, 0 } },
	  4,
	  false,
	  0 }, /* one path has not stored */
	{ { { BPF_LD | BPF_IMM, 0, 0, 5 },
	    { BPF_ST, 0, 0, 3 },
	    { BPF_LD | BPF_MEM, 0, 0, 3 },
	    { BPF_RET | BPF_A, 0, 0, 0 } },
	  4,
	  true,
	  5 },
	{ { { BPF_ALU | BPF_DIV | BPF_K, 0, 0, 0 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_ALU | BPF_DIV | BPF_X, 0, 0, 0 }, { BPF_RET, 0, 0, 1 } }, 2, true, 0 },
	{ { { BPF_ALU | BPF_LSH | BPF_K, 0, 0, 32 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_ALU | BPF_MOD | BPF_K, 0, 0, 3 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_LD | BPF_IMM, 0, 0, 1 },
	    { BPF_ALU | BPF_NEG, 0, 0, 0 },
	    { BPF_ALU | BPF_RSH | BPF_K, 0, 0, 28 },
	    { BPF_RET | BPF_A, 0, 0, 0 } },
	  4,
	  true,
	  15 },
	{ { { BPF_LDX | BPF_IMM, 0, 0, 6 },
	    { BPF_LD | BPF_IMM, 0, 0, 7 },
	    { BPF_ALU | BPF_MUL | BPF_X, 0, 0, 0 },
	    { BPF_RET | BPF_A, 0, 0, 0 } },
	  4,
	  true,
	  42 },
	{ { { 0xffff, 0, 0, 0 }, { BPF_RET, 0, 0, 1 } }, 2, false, 0 },
	{ { { BPF_RET | BPF_X, 0, 0, 0 } }, 1, false, 0 },
};

START_TEST(the_simulator_takes_what_the_kernel_takes)
{
	struct seccomp_data data = { .args = { [5] = 0x6600000000 } };

	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		struct diag d = { 0 };
		uint32_t got = bpfsim_run(small[i].insn, small[i].n, &data, &d);

		ck_assert_msg((d.code == 0) == small[i].loads, "program %zu: %s", i, d.msg);
		ck_assert_msg(got == (small[i].loads ? small[i].action : SECCOMP_RET_KILL_PROCESS),
			      "program %zu gives %#x", i, got);
	}
}
END_TEST

Suite *filter_suite(void)
{
	Suite *s = suite_create("filter");
	TCase *table = tcase_create("table"), *config = tcase_create("config");
	TCase *sim = tcase_create("simulator");

	tcase_add_test(table, each_argument_row_decides_as_written);
	tcase_add_test(table, high_halves_of_compared_arguments_change_nothing);
	tcase_add_test(table, each_plain_row_decides_whatever_the_arguments);
	tcase_add_test(table, known_numbers_are_refused);
	tcase_add_test(table, foreign_abis_are_not_implemented);
	tcase_add_test(table, x32_numbers_are_not_implemented);
	tcase_add_test(table, numbers_beyond_the_table_are_not_implemented);
	tcase_add_test(table, numbers_without_a_row_are_not_implemented);
	tcase_add_test(table, the_linked_programs_are_what_the_table_gives);
	tcase_add_test(table, the_table_names_every_call_of_both_architectures);
	tcase_add_test(config, other_architectures_are_refused);
	tcase_add_test(config, blocked_calls_get_eperm);
	tcase_add_test(config, a_blocked_exec_is_refused_by_the_filter_itself);
	tcase_add_test(config, a_large_program_reaches_every_leaf);
	tcase_add_test(config, unknown_blocked_names_are_refused_with_the_nearest);
	tcase_add_test(config, an_opening_opens_what_it_names_and_no_more);
	tcase_add_test(config, calls_of_32_bit_programs_get_what_their_rows_say);
	tcase_add_test(config, no_32_bit_call_passes_that_a_row_refuses);
	tcase_add_test(config, flags_open_or_notify_what_they_name);
	tcase_add_test(config, the_list_has_every_call_sorted);
	tcase_add_test(sim, the_simulator_takes_what_the_kernel_takes);
	suite_add_tcase(s, table);
	suite_add_tcase(s, config);
	suite_add_tcase(s, sim);
	return s;
}
