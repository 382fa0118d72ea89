/* SPDX-License-Identifier: MIT */
/* Refused system calls of which the launcher is told: what they get, in which words they are said, and what a flood hides. */
#include "denied.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "filter.h"
#include "filter_table.h"
#include "mem.h"
#include "unit.h"
#include "untold.h"
#include "util.h"

#define E(e) (SECCOMP_RET_ERRNO | (uint32_t)(e))

static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };
static struct denied x;
static struct account a;

static void setup(void)
{
	x = (struct denied){ .counts = true };
	a = (struct account){ 0 };
}

static void teardown(void)
{
	denied_done(&x);
	account_done(&a);
}

static struct seccomp_data call(const char *name, uint64_t arg0, uint64_t arg1, uint64_t arg2, uint64_t arg3)
{
	int nr = filter_resolve(AUDIT_ARCH_X86_64, name);

	ck_assert_msg(nr >= 0, "%s", name);
	return (
	    struct seccomp_data){ .nr = nr, .arch = AUDIT_ARCH_X86_64, .args = { arg0, arg1, arg2, arg3 } };
}

static void note(const char *program, const struct seccomp_data *data)
{
	denied_note(&x, data, E(EPERM), program);
}

static void note_call(const char *program, const char *name, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data data = call(name, arg0, arg1, 0, 0);

	note(program, &data);
}

/* The facts as lines, owned: "security TEXT; try: ADVICE". */
static char *said(void)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	denied_account(&x, &a);
	for (size_t i = 0; i < a.n; i++)
		fprintf(f, "%s %s%s%s\n", a.fact[i].severity == ACCOUNT_SECURITY ? "security" : "detail",
			a.fact[i].text, a.fact[i].advice != NULL ? "; try: " : "",
			a.fact[i].advice != NULL ? a.fact[i].advice : "");
	fclose(f);
	return text;
}

#define HAS(text, part) ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text)

static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static uint64_t argument(uint64_t *seed)
{
	static const uint64_t odd[] = { 0,     1,      8,      16,	   040,	       0100,	  06755,
					02000, 0x5412, 0x541c, 0x10000000, 0x7e020000, UINT64_MAX };
	uint32_t n = next(seed);

	return n % 4 != 0 ? odd[n / 4 % ARRAY_SIZE(odd)] : (uint64_t)next(seed) << 32 | next(seed);
}

static void compare(const struct filter *plain, const struct filter *told, const struct seccomp_data *data)
{
	struct diag d = { 0 };
	uint32_t want = bpfsim_run(plain->insn, plain->n, data, &d);
	uint32_t got = bpfsim_run(told->insn, told->n, data, &d), answer;
	bool tells = (got & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;

	x.insn = told->insn;
	x.n = told->n;
	answer = denied_action(&x, data);
	ck_assert_int_eq(d.code, 0);
	/* A listener of its own a program can have no more. */
	if (want == SECCOMP_RET_ALLOW && got == E(EBUSY))
		return;
	ck_assert_msg(untold_action(got) == want, "call %d: %#x, not %#x", data->nr, got, want);
	if (tells)
		ck_assert_msg(answer == want, "call %d: answered with %#x, not %#x", data->nr, answer, want);
}

/* Whatever a call gets without the log it gets with it, from the filter or from the launcher. */
START_TEST(it_changes_nothing_of_what_a_call_gets)
{
	struct filter plain, told;
	struct diag d = { 0 };
	uint64_t seed = 1;

	ck_assert_int_eq(filter_default(archs[_i], &plain, &d), 0);
	ck_assert_int_eq(filter_default_told(archs[_i], &told, &d), 0);
	for (int nr = 0; nr <= FILTER_NR_END; nr++)
		for (int k = 0; k < 60; k++) {
			struct seccomp_data data = { .nr = nr, .arch = archs[_i] };

			for (size_t i = 0; i < ARRAY_SIZE(data.args); i++)
				data.args[i] = argument(&seed);
			compare(&plain, &told, &data);
		}
}
END_TEST

/* A program that asks nobody any more is the plain one, but for the listeners that it refuses. */
START_TEST(without_a_listener_it_refuses_by_itself)
{
	struct filter plain, told;
	struct diag d = { 0 };
	AUTO_FREE struct sock_filter *own = NULL;
	size_t others = 0;

	ck_assert_int_eq(filter_default(archs[_i], &plain, &d), 0);
	ck_assert_int_eq(filter_default_told(archs[_i], &told, &d), 0);
	ck_assert_uint_eq(plain.n, told.n);
	own = xmemdup(told.insn, told.n * sizeof(*own));
	untold_program(own, told.n);
	for (size_t i = 0; i < told.n; i++)
		if (memcmp(&own[i], &plain.insn[i], sizeof(*own)) != 0) {
			ck_assert_uint_eq(own[i].k, E(EBUSY));
			others++;
		}
	ck_assert_uint_eq(others, 1);
}
END_TEST

/* The same with what a config refuses besides; an exec that is asked about stays a question. */
START_TEST(a_question_is_no_denial)
{
	char *const blocked[] = { (char[]){ "vmsplice" } };
	struct filter f = { 0 };
	struct diag d = { 0 };
	struct seccomp_data splice = call("vmsplice", 0, 0, 0, 0), exec = call("execve", 0, 0, 0, 0);

	ck_assert_int_eq(filter_build_with(AUDIT_ARCH_X86_64, FILTER_EXEC | FILTER_TELL, blocked, 1, &f, &d),
			 0);
	x.insn = f.insn;
	x.n = f.n;
	ck_assert_uint_eq(bpfsim_run(f.insn, f.n, &splice, &d), SECCOMP_RET_USER_NOTIF | EPERM);
	ck_assert_uint_eq(denied_action(&x, &splice), E(EPERM));
	ck_assert_uint_eq(denied_action(&x, &exec), SECCOMP_RET_ALLOW);
	untold_program(f.insn, f.n);
	ck_assert_uint_eq(bpfsim_run(f.insn, f.n, &exec, &d), SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(bpfsim_run(f.insn, f.n, &splice, &d), E(EPERM));
	x.n = 0;
	ck_assert_uint_eq(denied_action(&x, &exec), SECCOMP_RET_ALLOW);
	filter_done(&f);
}
END_TEST

START_TEST(rows_that_tell_have_an_errno_and_a_place)
{
	size_t n, told = 0;
	const struct filter_row *rows = filter_rows(&n);

	for (size_t i = 0; i < n; i++) {
		const struct filter_row *plain = filter_row_find(rows[i].name);

		if (!rows[i].tell)
			continue;
		told++;
		ck_assert_msg((rows[i].action & SECCOMP_RET_DATA) != 0, "%s: no errno", rows[i].name);
		ck_assert_msg(denied_rank(plain->group) < denied_rank("no such group"),
			      "%s: %s is not in denials.def", rows[i].name, plain->group);
	}
	ck_assert_uint_gt(told, 50);
	ck_assert_uint_lt(denied_rank("CONFIG"), denied_rank("no such group"));
}
END_TEST

START_TEST(arguments_that_decide_are_said)
{
	static const struct {
		const char *name;
		uint64_t args[4];
		const char *text;
	} calls[] = {
		{ "ioctl", { 0, 0x5412 }, "ioctl(TIOCSTI)" },
		{ "ioctl", { 0, 0xffffffff0000541cu }, "ioctl(TIOCLINUX)" },
		{ "clone", { 0x10000000 | 17 }, "clone(CLONE_NEWUSER)" },
		{ "unshare", { 0x10020000 }, "unshare(CLONE_NEWNS|CLONE_NEWUSER)" },
		{ "unshare", { 0x80 }, "unshare(0x80)" },
		{ "setns", { 3, 0x40000000 }, "setns(CLONE_NEWNET)" },
		{ "setns", { 3, 0 }, "setns(0)" },
		{ "ptrace", { 16 }, "ptrace(PTRACE_ATTACH)" },
		{ "ptrace", { 0x1234 }, "ptrace(0x1234)" },
		{ "personality", { 0x40000 }, "personality(ADDR_NO_RANDOMIZE)" },
		{ "socket", { 40 }, "socket(AF_VSOCK)" },
		{ "keyctl", { 22 }, "keyctl(KEYCTL_GET_PERSISTENT)" },
		{ "bpf", { 5 }, "bpf(BPF_PROG_LOAD)" },
		{ "syslog", { 3 }, "syslog(SYSLOG_ACTION_READ_ALL)" },
		{ "chmod", { 0, 0104755 }, "chmod(4755)" },
		{ "fchmodat", { 0, 0, 02755 }, "fchmodat(2755)" },
		{ "openat", { 0, 0, 0100, 06644 }, "openat(6644)" },
		{ "mount", { 1 }, "mount" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const uint64_t *v = calls[i].args;
		struct seccomp_data data = call(calls[i].name, v[0], v[1], v[2], v[3]);

		note("sh", &data);
		ck_assert_str_eq(x.act[i].call, calls[i].text);
	}
	ck_assert_uint_eq(x.nact, ARRAY_SIZE(calls));
}
END_TEST

START_TEST(a_line_has_who_how_often_and_why)
{
	AUTO_FREE char *text = NULL;

	note_call("gdb", "ptrace", 16, 0);
	note_call("gdb", "ptrace", 16, 0);
	note_call("x", "vmsplice", 0, 0);
	text = said();
	ck_assert_str_eq(
	    text,
	    "security denied system call: ptrace(PTRACE_ATTACH) by gdb (EPERM, 2 times): controls another "
	    "process; allow_debug opens it; try: \"allow_debug\": true in the config\n"
	    "security denied system call: vmsplice by x (EPERM): blocked_syscalls of the config\n");
}
END_TEST

/* What a setting would open is said of what it would open, and not where it is on. */
START_TEST(the_setting_that_opens_it)
{
	AUTO_FREE char *text = NULL;

	note_call("a", "unshare", 0x10000000, 0);
	note_call("b", "unshare", 0x20000, 0);
	note_call("c", "chroot", 0, 0);
	x.flags = FILTER_DEBUG;
	note_call("d", "ptrace", 0, 0);
	text = said();
	HAS(text, "unshare(CLONE_NEWUSER) by a (EPERM): new namespaces give full capabilities over kernel "
		  "surface; try: "
		  "\"allow_nested_userns\": true in the config\n");
	HAS(text,
	    "unshare(CLONE_NEWNS) by b (EPERM): new namespaces give full capabilities over kernel surface\n");
	HAS(text, "chroot by c (EPERM): changes what is visible; try: \"allow_nested_userns\": true in the "
		  "config\n");
	HAS(text, "ptrace(PTRACE_TRACEME) by d (EPERM): controls another process; allow_debug opens it\n");
}
END_TEST

/* 32-bit programs have calls of other names, which rows of 64 bits judge. */
START_TEST(names_of_32_bits_have_their_row)
{
	AUTO_FREE char *text = NULL;
	struct seccomp_data umount = { .nr = 22, .arch = AUDIT_ARCH_I386 };

	note("old", &umount);
	text = said();
	ck_assert_str_eq(text,
			 "security denied system call: umount by old (EPERM): changes what is visible\n");
}
END_TEST

START_TEST(nothing_counts_before_the_command)
{
	AUTO_FREE char *text = NULL;

	x.counts = false;
	note_call("init", "mount", 0, 0);
	text = said();
	ck_assert_str_eq(text, "");
}
END_TEST

/* Names and arguments are made by who tries: they take no room from another call, nor its line. */
START_TEST(a_flood_hides_no_other_call)
{
	AUTO_FREE char *text = NULL;
	char name[16];

	for (unsigned i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "x%u", i % 1000);
		note_call(name, i % 2 != 0 ? "ptrace" : "swapon", i, 0);
	}
	note_call("worse", "ioctl", 0, 0x5412);
	note_call("worse", "finit_module", 0, 0);
	ck_assert_uint_eq(x.nact, 4 + 4 + 2);
	text = said();
	ck_assert_ptr_eq(strstr(text, "security denied system call: ioctl(TIOCSTI) by worse (EPERM)"), text);
	HAS(text, "\nsecurity denied system call: finit_module by worse (EPERM)");
	HAS(text,
	    "\nsecurity denied system call: ptrace(PTRACE_PEEKTEXT) by x1 (EPERM, 49996 more of this kind)");
	HAS(text, "\nsecurity denied system call: swapon by x0 (EPERM, ");
}
END_TEST

/* Tools that copy modes meet setgid of directories: that is told to who asks, and hides no setuid. */
START_TEST(what_honest_tools_do_is_said_apart)
{
	AUTO_FREE char *text = NULL;

	for (unsigned i = 0; i < 100; i++)
		note_call("cp", "chmod", 0, 02700 + i % 8);
	note_call("evil", "chmod", 0, 04755);
	note_call("evil", "chmod", 0, 06755);
	text = said();
	ck_assert_ptr_eq(strstr(text, "security denied system call: chmod(4755) by evil (EPERM): "), text);
	HAS(text, "\nsecurity denied system call: chmod(6755) by evil (EPERM): ");
	HAS(text, "\ndetail denied system call: chmod(2700) by cp (EPERM, 13 times, 48 more of this kind): ");
	ck_assert_ptr_null(strstr(text, "besides"));
	ck_assert_uint_eq(x.all, 2);
}
END_TEST

/* All that the table refuses, in any order: the five that weigh most are lines, all others are named. */
START_TEST(every_call_that_was_tried_is_named)
{
	static const char first[] = "security denied system call: ",
			  rest[] = "security denied system calls besides: ";
	AUTO_FREE char *text = NULL;
	uint64_t seed = (uint64_t)_i + 1;
	size_t n, lines = 0;
	const struct filter_row *rows = filter_rows(&n);
	unsigned long times = 0, besides, sum = 0;
	const char *tail;

	for (int k = 0; k < 3000; k++) {
		const struct filter_row *r = &rows[next(&seed) % n];
		char program[16];

		if (!r->tell || filter_resolve(AUDIT_ARCH_X86_64, r->name) < 0)
			continue;
		snprintf(program, sizeof(program), "%c%u", next(&seed) % 255 + 1, next(&seed) % 50);
		note_call(program, r->name, argument(&seed), argument(&seed));
		times++;
	}
	for (size_t i = 0; i < x.nact; i++) {
		sum += x.act[i].times + x.act[i].more;
		times -= x.act[i].honest ? x.act[i].times + x.act[i].more : 0;
		sum -= x.act[i].honest ? x.act[i].times + x.act[i].more : 0;
	}
	ck_assert_uint_eq(sum, times);
	ck_assert_uint_eq(x.all, times);
	text = said();
	for (const char *s = text; (s = strstr(s, first)) != NULL; s++)
		lines++;
	ck_assert_uint_eq(lines, 5);
	tail = strstr(text, rest);
	ck_assert_ptr_nonnull(tail);
	besides = strtoul(tail + strlen(rest), NULL, 10);
	ck_assert_uint_lt(besides, times);
	HAS(tail, " more (-v names them)\n");
}
END_TEST

Suite *denied_suite(void)
{
	Suite *s = suite_create("denied");
	TCase *tc = tcase_create("denied");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, it_changes_nothing_of_what_a_call_gets, 0, (int)ARRAY_SIZE(archs));
	tcase_add_loop_test(tc, without_a_listener_it_refuses_by_itself, 0, (int)ARRAY_SIZE(archs));
	tcase_add_test(tc, a_question_is_no_denial);
	tcase_add_test(tc, rows_that_tell_have_an_errno_and_a_place);
	tcase_add_test(tc, arguments_that_decide_are_said);
	tcase_add_test(tc, a_line_has_who_how_often_and_why);
	tcase_add_test(tc, the_setting_that_opens_it);
	tcase_add_test(tc, names_of_32_bits_have_their_row);
	tcase_add_test(tc, nothing_counts_before_the_command);
	tcase_add_test(tc, a_flood_hides_no_other_call);
	tcase_add_test(tc, what_honest_tools_do_is_said_apart);
	tcase_add_loop_test(tc, every_call_that_was_tried_is_named, 0, 5);
	suite_add_tcase(s, tc);
	return s;
}
