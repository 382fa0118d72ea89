/* SPDX-License-Identifier: MIT */
/*
 * One hole in the filter at a time: instructions that let exactly one thing
 * pass and leave everything else to the shipped program behind them.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>

#include "filter.h"
#include "filter_table.h"
#include "mem.h"
#include "mutants/mutants.h"
#include "util.h"

#define HOLE_FAMILIES 46 /* AF_MAX */
#define HOLE_NETLINKS 23 /* the last protocol and one more */

struct hole_jump {
	size_t at;
	bool on_true;
};

/* Jumps whose target is not known yet. */
struct hole_jumps {
	struct hole_jump jump[48];
	size_t n;
};

struct hole_code {
	struct mutant_hole *h;
	size_t n;
	struct hole_jumps end; /* to the shipped program */
};

static size_t hole_emit(struct hole_code *c, unsigned int code, uint32_t k, size_t jt, size_t jf)
{
	if (c->n == ARRAY_SIZE(c->h->insn))
		abort(); /* a row of syscalls.def with more tests than ever: make insn longer */
	c->h->insn[c->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	return c->n++;
}

static void hole_later(struct hole_jumps *j, size_t at, bool on_true)
{
	if (j->n == ARRAY_SIZE(j->jump))
		abort();
	j->jump[j->n++] = (struct hole_jump){ at, on_true };
}

/* They lead to the next instruction. */
static void hole_land(struct hole_code *c, struct hole_jumps *j)
{
	for (size_t i = 0; i < j->n; i++) {
		struct sock_filter *insn = &c->h->insn[j->jump[i].at];
		size_t skip = c->n - j->jump[i].at - 1;

		if (BPF_OP(insn->code) == BPF_JA)
			insn->k = (uint32_t)skip;
		else if (j->jump[i].on_true)
			insn->jt = (uint8_t)skip;
		else
			insn->jf = (uint8_t)skip;
	}
	j->n = 0;
}

static void hole_load(struct hole_code *c, size_t offset)
{
	hole_emit(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* Falls through where the test holds, else goes to `miss`. */
static void hole_test(struct hole_code *c, const struct filter_test *t, struct hole_jumps *miss)
{
	size_t low = offsetof(struct seccomp_data, args) + t->arg * sizeof(uint64_t);

	if (t->op == FILTER_NONE)
		return;
	hole_load(c, low);
	switch (t->op) {
	case FILTER_EQ:
		hole_later(miss, hole_emit(c, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, 0), false);
		break;
	case FILTER_NE:
		hole_later(miss, hole_emit(c, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, 0), true);
		break;
	case FILTER_ANY:
		hole_later(miss, hole_emit(c, BPF_JMP | BPF_JSET | BPF_K, t->value, 0, 0), false);
		break;
	case FILTER_MASKED:
		hole_emit(c, BPF_ALU | BPF_AND | BPF_K, t->mask, 0, 0);
		hole_later(miss, hole_emit(c, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, 0), false);
		break;
	case FILTER_SET:
		hole_emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
		hole_load(c, low + sizeof(uint32_t));
		hole_later(miss, hole_emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0), true);
		break;
	case FILTER_NONE:
		break;
	}
}

/* A new hole for that number; what follows narrows it. */
static struct hole_code hole_begin(struct mutant_holes *all, const char *call, unsigned int arch, int nr,
				   char *name)
{
	struct hole_code c = { 0 };

	all->hole = xrealloc_array(all->hole, all->n + 1, sizeof(*all->hole));
	c.h = &all->hole[all->n++];
	*c.h = (struct mutant_hole){
		.mutant = { .name = name, .killed_by = "", .why = "one hole in the filter" },
		.call = call,
		.nr = nr,
		.arch = arch
	};
	hole_load(&c, offsetof(struct seccomp_data, arch));
	hole_later(&c.end, hole_emit(&c, BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 0), false);
	hole_load(&c, offsetof(struct seccomp_data, nr));
	hole_later(&c.end, hole_emit(&c, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 0), false);
	return c;
}

static void hole_end(struct hole_code *c)
{
	hole_emit(c, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	hole_land(c, &c->end);
	c->h->mutant.edit[0] =
	    (struct mutant_edit){ .kind = MUTANT_HOLE, .type = PLAN_SECCOMP, .number = (long)c->n };
}

/* Where one of the rows before this one decides, it still does. */
static void hole_earlier(struct hole_code *c, const struct filter_row *plain, const struct filter_row *row)
{
	const struct filter_row *r = NULL;

	while ((r = filter_row_next_if(plain, r)) != NULL && r != row) {
		struct hole_jumps miss = { 0 };

		for (size_t i = 0; i < ARRAY_SIZE(r->test); i++)
			hole_test(c, &r->test[i], &miss);
		hole_later(&c->end, hole_emit(c, BPF_JMP | BPF_JA, 0, 0, 0), false);
		hole_land(c, &miss);
	}
}

static bool hole_refuses(const struct filter_row *row)
{
	return row->action != SECCOMP_RET_ALLOW;
}

/* `row` itself is gone: the plain one, or one of its argument rows; the others of the call hold. */
static struct hole_code hole_row(struct mutant_holes *all, const struct filter_row *plain,
				 const struct filter_row *row, char *name)
{
	struct hole_code c = hole_begin(all, plain->name, filter_native_arch(),
					filter_resolve(filter_native_arch(), plain->name), name);

	c.h->by_arguments = filter_row_next_if(plain, NULL) != NULL;
	hole_earlier(&c, plain, row->is_if ? row : NULL);
	return c;
}

static void hole_tests(struct hole_code *c, const struct filter_row *row, size_t but)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->test); i++)
		if (i != but)
			hole_test(c, &row->test[i], &c->end);
}

/* Of a test for any of several bits, one is forgotten. */
static void hole_bits(struct mutant_holes *all, const struct filter_row *plain, const struct filter_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(row->test); i++) {
		const struct filter_test *t = &row->test[i];

		for (uint32_t bit = 1; t->op == FILTER_ANY && bit != 0; bit <<= 1) {
			const struct filter_test none = { FILTER_MASKED, t->arg, t->value & ~bit, 0 },
						 one = { FILTER_ANY, t->arg, 0, bit };
			struct hole_code c;

			if ((t->value & bit) == 0 || t->value == bit)
				continue;
			c = hole_row(all, plain, row,
				     xasprintf("%s-arg%u-bit-%#x", plain->name, t->arg, bit));
			hole_tests(&c, row, i);
			hole_test(&c, &none, &c.end);
			hole_test(&c, &one, &c.end);
			hole_end(&c);
		}
	}
}

static void hole_rows(struct mutant_holes *all)
{
	size_t n, at = 0;
	const struct filter_row *row = filter_rows(&n), *plain = NULL;

	for (size_t i = 0; i < n; i++) {
		struct hole_code c;

		at = row[i].is_if ? at + 1 : 0;
		plain = row[i].is_if ? plain : &row[i];
		if (!hole_refuses(&row[i]) || filter_resolve(filter_native_arch(), plain->name) < 0)
			continue;
		c = hole_row(all, plain, &row[i],
			     at > 0 ? xasprintf("%s-rule-%zu", plain->name, at) : xstrdup(plain->name));
		hole_tests(&c, &row[i], SIZE_MAX);
		hole_end(&c);
		if (row[i].is_if)
			hole_bits(all, plain, &row[i]);
	}
}

static void hole_socket(struct mutant_holes *all, char *name, uint32_t family, uint32_t type,
			uint32_t protocol)
{
	const uint32_t value[] = { family, type, protocol };
	struct hole_code c = hole_begin(all, "socket", filter_native_arch(),
					filter_resolve(filter_native_arch(), "socket"), name);

	c.h->by_arguments = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(value); i++) {
		const struct filter_test t = { FILTER_EQ, i, 0, value[i] },
					 low = { FILTER_MASKED, i, 0xf, value[i] };

		/* Of the type only what stands below its flags. */
		if (value[i] != UINT32_MAX)
			hole_test(&c, i == 1 ? &low : &t, &c.end);
	}
	hole_end(&c);
}

/* Each family, each netlink protocol, and what else the internet families have. */
static void hole_sockets(struct mutant_holes *all)
{
	static const short protocols[] = { 2,  4,  8,  12,  22,	 29,  33,  41,	46,  47,  50,  51,
					   92, 94, 98, 103, 108, 115, 132, 136, 137, 143, 255, 256 };

	for (uint32_t f = 0; f < HOLE_FAMILIES; f++)
		if (f != 1 && f != 2 && f != 10 && f != 16)
			hole_socket(all, xasprintf("socket-family-%u", f), f, UINT32_MAX, UINT32_MAX);
	for (uint32_t p = 1; p < HOLE_NETLINKS; p++)
		hole_socket(all, xasprintf("socket-netlink-%u", p), 16, UINT32_MAX, p);
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		uint32_t p = (uint32_t)protocols[i];

		hole_socket(all, xasprintf("socket-inet-%u", p), 2, UINT32_MAX, p);
		hole_socket(all, xasprintf("socket-inet6-%u", p), 10, UINT32_MAX, p);
	}
	hole_socket(all, xstrdup("socket-dccp"), 2, 6, 0);
	hole_socket(all, xstrdup("socket-dccp6"), 10, 6, 0);
}

static void hole_number(struct mutant_holes *all, const char *call, unsigned int arch, int nr, char *name)
{
	struct hole_code c = hole_begin(all, call, arch, nr, name);

	hole_end(&c);
}

/* Calls of tomorrow; the refused ones by the other ABIs of this processor. */
static void hole_numbers(struct mutant_holes *all)
{
	static const short unnamed[] = { 337, 380, 402, 470, 471, 480, 512, 600, 1000, 1023, 1024, 2047 };

	for (size_t i = 0; i < ARRAY_SIZE(unnamed); i++)
		hole_number(all, NULL, filter_native_arch(), unnamed[i], xasprintf("number-%d", unnamed[i]));
#ifdef __x86_64__
	size_t n;
	const struct filter_row *row = filter_rows(&n);

	for (size_t i = 0; i < n; i++) {
		int nr = row[i].is_if || !hole_refuses(&row[i])
			     ? -1
			     : filter_resolve(AUDIT_ARCH_X86_64, row[i].name);
		int i386 = nr < 0 ? -1 : filter_resolve(AUDIT_ARCH_I386, row[i].name);

		if (nr >= 0)
			hole_number(all, row[i].name, AUDIT_ARCH_X86_64, 0x40000000 | nr,
				    xasprintf("x32-%s", row[i].name));
		if (i386 >= 0)
			hole_number(all, row[i].name, AUDIT_ARCH_I386, i386,
				    xasprintf("i386-%s", row[i].name));
	}
	hole_number(all, "getpid", AUDIT_ARCH_X86_64, 0x40000000 | 39, xstrdup("x32-getpid"));
	hole_number(all, "execve", AUDIT_ARCH_X86_64, 0x40000000 | 520, xstrdup("x32-execve"));
	hole_number(all, "getpid", AUDIT_ARCH_I386, 20, xstrdup("i386-getpid"));
	hole_number(all, "socketcall", AUDIT_ARCH_I386, 102, xstrdup("i386-socketcall"));
	hole_number(all, "mmap", AUDIT_ARCH_I386, 90, xstrdup("i386-mmap"));
#endif
}

void mutant_holes_make(struct mutant_holes *ret)
{
	*ret = (struct mutant_holes){ 0 };
	hole_rows(ret);
	hole_sockets(ret);
	hole_numbers(ret);
	/* The array has its place only now. */
	for (size_t i = 0; i < ret->n; i++)
		ret->hole[i].mutant.edit[0].insn = ret->hole[i].insn;
}

void mutant_holes_done(struct mutant_holes *h)
{
	for (size_t i = 0; i < h->n; i++)
		free((char *)(uintptr_t)h->hole[i].mutant.name);
	free(h->hole);
	*h = (struct mutant_holes){ 0 };
}
