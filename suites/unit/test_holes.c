/* SPDX-License-Identifier: MIT */
/*
 * The calls that probes try (probes/refused.def, argued.def, sockets.def) against the table of the filter, on the
 * simulator: no hole that one slip in syscalls.def makes may go unseen. `make check-calls` does it in boxes.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "argued.h"
#include "bpfsim.h"
#include "filter.h"
#include "filter_table.h"
#include "mem.h"
#include "mutants/mutants.h"
#include "numbers.h"
#include "unit.h"
#include "util.h"

static const struct refused {
	const char *name;
	int x86_64, aarch64;
} refused[] = {
#define REFUSED(name, x86_64, aarch64) { #name, x86_64, aarch64 },
#include "refused.def"
};

static const struct argued argued[] = {
#include "argued.def"
#include "sockets.def"
};

static bool is_refused(const struct filter_row *row)
{
	return !row->is_if && row->action != SECCOMP_RET_ALLOW && filter_row_next_if(row, NULL) == NULL;
}

/* -1: none there, whatever the reason. */
static int number(uint32_t arch, const char *name)
{
	int nr = filter_resolve(arch, name);

	return nr < 0 ? -1 : nr;
}

START_TEST(the_refused_calls_are_those_of_the_table)
{
	size_t n, tried = 0;
	const struct filter_row *row = filter_rows(&n);

	for (size_t i = 0; i < n; i++) {
		size_t found = 0;

		if (!is_refused(&row[i]))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(refused); k++)
			found += streq(refused[k].name, row[i].name);
		ck_assert_msg(found == 1,
			      "%s is refused by syscalls.def: REFUSED(%s, %d, %d) in probes/refused.def",
			      row[i].name, row[i].name, number(AUDIT_ARCH_X86_64, row[i].name),
			      number(AUDIT_ARCH_AARCH64, row[i].name));
		tried++;
	}
	ck_assert_uint_eq(tried, ARRAY_SIZE(refused));
	ck_assert_uint_ge(tried, 90);
}
END_TEST

START_TEST(numbers_are_those_of_the_calls)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		ck_assert_msg(refused[i].x86_64 == number(AUDIT_ARCH_X86_64, refused[i].name), "%s",
			      refused[i].name);
		ck_assert_msg(refused[i].aarch64 == number(AUDIT_ARCH_AARCH64, refused[i].name), "%s",
			      refused[i].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(argued); i++) {
		ck_assert_msg(argued[i].x86_64 == number(AUDIT_ARCH_X86_64, argued[i].name), "%s",
			      argued[i].word);
		ck_assert_msg(argued[i].aarch64 == number(AUDIT_ARCH_AARCH64, argued[i].name), "%s",
			      argued[i].word);
	}
}
END_TEST

/* --- what the probes try, one by one */

struct tried {
	struct seccomp_data *data; /* owned */
	size_t n;
};

static void try_number(struct tried *t, uint32_t arch, int nr, const struct argued *a, unsigned int value)
{
	struct seccomp_data d = { .arch = arch, .nr = nr };

	for (int k = 0; k < 5; k++)
		d.args[k] = a != NULL	       ? (uint64_t)argued_value(a, k, value)
			    : k == 0 || k == 3 ? UINT64_MAX
					       : 1;
	t->data = xrealloc_array(t->data, t->n + 1, sizeof(*t->data));
	t->data[t->n++] = d;
}

static struct tried all_that_is_tried(void)
{
	struct tried t = { 0 };
	uint32_t arch = filter_native_arch();

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		try_number(&t, arch, arch == AUDIT_ARCH_X86_64 ? refused[i].x86_64 : refused[i].aarch64, NULL,
			   0);
	for (size_t i = 0; i < ARRAY_SIZE(argued); i++) {
		unsigned int value;

		for (bool more = argued_next(&argued[i], NULL, &value); more;
		     more = argued_next(&argued[i], &value, &value))
			try_number(&t, arch, argued_number(&argued[i]), &argued[i], value);
	}
	/* sys-filter-numbers, -i386 and -x32 */
	for (int nr = arch == AUDIT_ARCH_X86_64 ? NUMBERS_GAP_X86_64 : NUMBERS_GAP_AARCH64; nr < NUMBERS_END;
	     nr = nr == NUMBERS_GAP_END ? NUMBERS_NEW : nr + 1)
		try_number(&t, arch, nr, NULL, 0);
	for (int nr = 0; nr < NUMBERS_OTHER && arch == AUDIT_ARCH_X86_64; nr++) {
		try_number(&t, AUDIT_ARCH_I386, nr, NULL, 0);
		try_number(&t, arch, NUMBERS_X32 | nr, NULL, 0);
	}
	return t;
}

static uint32_t verdict(const struct sock_filter *insn, size_t n, const struct seccomp_data *data)
{
	struct diag d = { 0 };
	uint32_t r = bpfsim_run(insn, n, data, &d);

	ck_assert_msg(d.code == 0, "%s", d.msg);
	return r;
}

/* The shipped program behind the hole's instructions. Owned by the caller. */
static struct sock_filter *pierced(const struct filter *f, const struct mutant_hole *h, size_t *n)
{
	size_t head = (size_t)h->mutant.edit[0].number;
	struct sock_filter *insn = xcalloc(head + f->n, sizeof(*insn));

	memcpy(insn, h->mutant.edit[0].insn, head * sizeof(*insn));
	memcpy(insn + head, f->insn, f->n * sizeof(*insn));
	*n = head + f->n;
	return insn;
}

START_TEST(every_hole_is_seen)
{
	struct mutant_holes holes;
	struct tried t = all_that_is_tried();
	struct filter f = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(filter_default(filter_native_arch(), &f, &d), 0);
	/* All that is tried is refused as the filter is: else a probe would be red without a hole. */
	for (size_t k = 0; k < t.n; k++)
		ck_assert_msg(verdict(f.insn, f.n, &t.data[k]) != SECCOMP_RET_ALLOW,
			      "call %d of %#x is let through", t.data[k].nr, t.data[k].arch);
	mutant_holes_make(&holes);
	ck_assert_uint_ge(holes.n, 250);
	for (size_t i = 0; i < holes.n; i++) {
		const struct mutant_hole *h = &holes.hole[i];
		size_t n, seen = 0, other = 0;
		AUTO_FREE struct sock_filter *insn = pierced(&f, h, &n);

		for (size_t k = 0; k < t.n; k++) {
			bool same = t.data[k].nr == h->nr && t.data[k].arch == h->arch;

			if (!same && k % 128 != i % 128)
				continue;
			if (verdict(insn, n, &t.data[k]) == SECCOMP_RET_ALLOW)
				*(same ? &seen : &other) += 1;
		}
		ck_assert_msg(seen > 0, "%s: no probe tries what it lets through", h->mutant.name);
		ck_assert_msg(other == 0, "%s: lets other calls through", h->mutant.name);
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(!streq(h->mutant.name, holes.hole[k].mutant.name), "%s twice",
				      h->mutant.name);
	}
	mutant_holes_done(&holes);
	free(t.data);
}
END_TEST

static const struct mutant_hole *find(const struct mutant_holes *holes, const char *name)
{
	for (size_t i = 0; i < holes->n; i++)
		if (streq(holes->hole[i].mutant.name, name))
			return &holes->hole[i];
	ck_abort_msg("no hole %s", name);
	return NULL;
}

/* A hole lets exactly what its row refuses pass: what others refuse of the same call stays refused. */
START_TEST(a_hole_is_one_hole)
{
	static const struct {
		const char *hole, *call;
		uint64_t arg[3];
		bool passes;
	} rows[] = {
		{ "mount", "mount", { 0 }, true },
		{ "mount", "umount2", { 0 }, false },
		{ "ioctl-rule-1", "ioctl", { 0, 0x5412 }, true },
		{ "ioctl-rule-1", "ioctl", { 0, 0x541c }, false },
		{ "socket-rule-3", "socket", { 40, 1, 0 }, true },
		{ "socket-rule-3", "socket", { 2, 6, 0 }, false },
		{ "socket-rule-3", "socket", { 2, 1, 132 }, false },
		{ "socket", "socket", { 2, 1, 132 }, true },
		{ "socket", "socket", { 40, 1, 0 }, false },
		{ "socket-family-40", "socket", { 40, 5, 7 }, true },
		{ "socket-family-40", "socket", { 38, 5, 0 }, false },
		{ "clone-arg0-bit-0x10000000", "clone", { 0x10000011 }, true },
		{ "clone-arg0-bit-0x10000000", "clone", { 0x30000011 }, false },
		{ "clone-rule-1", "clone", { 0x30000011 }, true },
		{ "openat-arg3-bit-0x800", "openat", { 0, 0, 0100 }, false },
		{ "personality", "personality", { 0x40000 }, true },
		{ "prlimit64-rule-1", "prlimit64", { 0, 4, 0x100000000 }, true },
	};
	struct mutant_holes holes;
	struct filter f = { 0 };
	struct diag d = { 0 };

	ck_assert_int_eq(filter_default(filter_native_arch(), &f, &d), 0);
	mutant_holes_make(&holes);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct seccomp_data data = { .arch = filter_native_arch(),
					     .nr = filter_resolve(filter_native_arch(), rows[i].call) };
		size_t n;
		AUTO_FREE struct sock_filter *insn = pierced(&f, find(&holes, rows[i].hole), &n);

		memcpy(data.args, rows[i].arg, sizeof(rows[i].arg));
		if (streq(rows[i].call, "openat"))
			data.args[3] = 06000;
		ck_assert_msg(verdict(f.insn, f.n, &data) != SECCOMP_RET_ALLOW, "%s %s", rows[i].hole,
			      rows[i].call);
		ck_assert_msg((verdict(insn, n, &data) == SECCOMP_RET_ALLOW) == rows[i].passes, "%s %s %#lx",
			      rows[i].hole, rows[i].call, (unsigned long)rows[i].arg[0]);
	}
	mutant_holes_done(&holes);
}
END_TEST

Suite *holes_suite(void)
{
	Suite *s = suite_create("holes");
	TCase *tc = tcase_create("holes");

	tcase_add_test(tc, the_refused_calls_are_those_of_the_table);
	tcase_add_test(tc, numbers_are_those_of_the_calls);
	tcase_add_test(tc, every_hole_is_seen);
	tcase_add_test(tc, a_hole_is_one_hole);
	suite_add_tcase(s, tc);
	return s;
}
