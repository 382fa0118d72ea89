/* SPDX-License-Identifier: MIT */
/*
 * From the table to classic BPF.
 *
 * libseccomp resolves names and numbers; the program is written here, because
 * libseccomp 2.5.4 can't say what the table says: next to a plain rule it drops
 * the argument rules of the same call and still returns 0, one argument may be
 * compared once in a rule, and only equality can be masked to 32 bits. So "every
 * other family" or "TIOCSTI, but no other ioctl" have no form in it.
 *
 * Shape of a program: wrong ABI -> ENOSYS; then a binary search over ranges of
 * numbers with the same verdict, which the kernel's cache of always-allowed
 * calls (5.11) sees through; the leaf of an argument-filtered call holds its
 * tests. x32 numbers and all others beyond the table are the last range.
 */
#include "filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "filter_table.h"
#include "mem.h"
#include "util.h"

#define RET_ENOSYS (SECCOMP_RET_ERRNO | ENOSYS)

/* clang-format off */
#define TELL true
#define QUIET false
#define ALLOW SECCOMP_RET_ALLOW
#define FAKE SECCOMP_RET_ERRNO
#define ERR(e) (SECCOMP_RET_ERRNO | (e))
#define EQ(i, v) { FILTER_EQ, i, 0, v }
#define NE(i, v) { FILTER_NE, i, 0, v }
#define ANY(i, v) { FILTER_ANY, i, 0, v }
#define MASKED(i, m, v) { FILTER_MASKED, i, m, v }
#define SET(i) { FILTER_SET, i, 0, 0 }
#define NONE { FILTER_NONE, 0, 0, 0 }

#define SYS_ALLOW(name, abi, group, why) \
	{ #name, #group, why, FILTER_ABI_##abi, ALLOW, false, false, { NONE, NONE } },
#define SYS_DENY(name, abi, group, e, tell, why) \
	{ #name, #group, why, FILTER_ABI_##abi, ERR(e), tell, false, { NONE, NONE } },
#define SYS_ENOSYS(name, abi, group, why) SYS_DENY(name, abi, group, ENOSYS, QUIET, why)
#define SYS_IF(name, action, tell, test1, test2, why) \
	{ #name, NULL, why, FILTER_ABI_ALL, action, tell, true, { test1, test2 } },
#define SYS_NR(name, x86_64, aarch64)
/* clang-format on */
static const struct filter_row rows[] = {
#include "data/syscalls.def"
};
#undef SYS_ALLOW
#undef SYS_DENY
#undef SYS_ENOSYS
#undef SYS_IF
#undef SYS_NR
/* clang-format off */
#define OPEN_IF(flag, name, test1, test2, why) \
	{ FILTER_##flag, { #name, NULL, why, FILTER_ABI_ALL, ALLOW, false, true, { test1, test2 } } },
/* clang-format on */
static const struct {
	unsigned int flag;
	struct filter_row row;
} openings[] = {
#include "data/sysopen.def"
};
static const struct {
	const char *name;
	int nr;
	const char *row;
} i386[] = {
#define I386(name, nr, row) { #name, nr, #row },
#include "data/sysopen.def"
};
/* clang-format off */
#define SYS_ALLOW(name, abi, group, why)
#define SYS_DENY(name, abi, group, e, tell, why)
#define SYS_ENOSYS(name, abi, group, why)
#define SYS_IF(name, action, tell, test1, test2, why)
#define SYS_NR(name, x86_64, aarch64) { #name, x86_64, aarch64 },
/* clang-format on */
static const struct {
	const char *name;
	int x86_64, aarch64;
} numbers[] = {
#include "data/syscalls.def"
};

const struct filter_row *filter_rows(size_t *n)
{
	*n = ARRAY_SIZE(rows);
	return rows;
}

const struct filter_row *filter_row_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!rows[i].is_if && streq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

const struct filter_row *filter_row_next_if(const struct filter_row *row, const struct filter_row *after)
{
	const struct filter_row *next = (after != NULL ? after : row) + 1;

	if (next < rows + ARRAY_SIZE(rows) && next->is_if && streq(next->name, row->name))
		return next;
	return NULL;
}

static bool holds(const struct filter_test *t, const struct seccomp_data *data)
{
	uint32_t low = (uint32_t)data->args[t->arg];

	switch (t->op) {
	case FILTER_EQ:
		return low == t->value;
	case FILTER_NE:
		return low != t->value;
	case FILTER_ANY:
		return (low & t->value) != 0;
	case FILTER_MASKED:
		return (low & t->mask) == t->value;
	case FILTER_SET:
		return data->args[t->arg] != 0;
	case FILTER_NONE:
		break;
	}
	return true;
}

bool filter_row_holds(const struct filter_row *row, const struct seccomp_data *data)
{
	return holds(&row->test[0], data) && holds(&row->test[1], data);
}

const struct filter_row *filter_row_at(uint32_t arch, int nr)
{
	AUTO_FREE char *name = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(i386) && arch == AUDIT_ARCH_I386; i++)
		if (i386[i].nr == nr)
			return filter_row_find(i386[i].row);
	name = filter_name(arch, nr);
	return filter_row_find(name);
}

unsigned int filter_opened_by(const struct filter_row *plain, const struct seccomp_data *data)
{
	if (plain->group != NULL && streq(plain->group, "DEBUG"))
		return FILTER_DEBUG;
	for (size_t i = 0; i < ARRAY_SIZE(openings); i++)
		if (streq(openings[i].row.name, plain->name) && filter_row_holds(&openings[i].row, data))
			return openings[i].flag;
	return 0;
}

int filter_resolve(uint32_t arch, const char *name)
{
	int lib = seccomp_syscall_resolve_name_arch(arch, name);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int nr;

		if (!streq(numbers[i].name, name))
			continue;
		nr = arch == AUDIT_ARCH_X86_64 ? numbers[i].x86_64 : numbers[i].aarch64;
		/* A newer library must say the same. */
		if (lib >= 0 && lib != nr)
			return FILTER_NR_CLASH;
		return nr;
	}
	if (lib == __NR_SCMP_ERROR)
		return FILTER_NR_UNKNOWN;
	/* Below -1: libseccomp's private numbers for calls of other architectures. */
	return lib < 0 ? FILTER_NR_ABSENT : lib;
}

char *filter_name(uint32_t arch, int nr)
{
	char *lib = seccomp_syscall_resolve_num_arch(arch, nr), *name;

	for (size_t i = 0; i < ARRAY_SIZE(numbers) && lib == NULL; i++)
		if ((arch == AUDIT_ARCH_X86_64 ? numbers[i].x86_64 : numbers[i].aarch64) == nr &&
		    arch != AUDIT_ARCH_I386)
			return xstrdup(numbers[i].name);
	name = lib != NULL ? xstrdup(lib) : xasprintf("call %d", nr);
	free(lib);
	return name;
}

/* Edits (insert, delete, replace) between two short names; large when one is long. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (la >= ARRAY_SIZE(row) || lb >= ARRAY_SIZE(row))
		return ARRAY_SIZE(row);
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

static int unknown_name(const char *name, struct diag *d)
{
	const char *nearest = rows[0].name;
	size_t best = SIZE_MAX;
	int r;

	/* The table names all that libseccomp knows of both architectures: a test says so. */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t e = edit_distance(name, rows[i].name);

		if (e < best) {
			best = e;
			nearest = rows[i].name;
		}
	}
	r = diag_set(d, -EINVAL, "blocked_syscalls: no system call is named \"%.64s\"", name);
	diag_try(d, "\"%s\", the nearest name", nearest);
	return r;
}

/* What a number gets: an action, or the row whose SYS_IF rows decide. */
struct verdict {
	const struct filter_row *row; /* NULL: action alone */
	uint32_t action;
};

/* The numbers of one ABI. */
struct table {
	uint32_t arch;
	struct verdict nr[FILTER_NR_END];
	const struct filter_row *judge[FILTER_NR_END]; /* the row of each number, NULL: none */
};

struct build {
	unsigned int flags;
	struct table native, i386;
	struct sock_filter *insn; /* owned */
	size_t n, cap;
};

static void build_done(struct build *b)
{
	mem_free_ptr(&b->insn);
}
#define AUTO_BUILD __attribute__((cleanup(build_done)))

/* The action that a row's refusal or permission has under the flags. */
static uint32_t flagged(const struct build *b, const struct filter_row *row)
{
	if ((b->flags & FILTER_DEBUG) && row->group != NULL && streq(row->group, "DEBUG"))
		return SECCOMP_RET_ALLOW;
	if ((b->flags & FILTER_EXEC) && str_starts(row->name, "execve"))
		return SECCOMP_RET_USER_NOTIF;
	if ((b->flags & FILTER_TELL) && row->tell)
		return SECCOMP_RET_USER_NOTIF | (row->action & SECCOMP_RET_DATA);
	/*
	 * Of two filters that notify, the kernel asks the newer one's listener. It
	 * refuses a second listener, but only while the first is open: so that
	 * nothing inside can answer for a supervisor that is gone.
	 */
	if ((b->flags & (FILTER_TELL | FILTER_EXEC)) && row->is_if && streq(row->name, "seccomp"))
		return ERR(EBUSY);
	return row->action;
}

/* The next test row of a call behind `after`, those that a flag opens before the table's own; NULL: none. */
static const struct filter_row *next_if(const struct build *b, const struct filter_row *row,
					const struct filter_row *after)
{
	bool passed = after == NULL, of_table = after >= rows && after < rows + ARRAY_SIZE(rows);

	for (size_t i = 0; i < ARRAY_SIZE(openings) && !of_table; i++) {
		const struct filter_row *o = &openings[i].row;

		if (passed && (b->flags & openings[i].flag) && streq(o->name, row->name))
			return o;
		passed = passed || o == after;
	}
	return filter_row_next_if(row, of_table ? after : NULL);
}

static int take_row(struct build *b, const struct filter_row *row, struct diag *d)
{
	struct table *t = &b->native;
	bool native = row->abi == FILTER_ABI_ALL || t->arch == AUDIT_ARCH_X86_64;
	int nr = filter_resolve(t->arch, row->name);

	if (nr == FILTER_NR_CLASH)
		return diag_set(d, -EINVAL, "syscalls.def: libseccomp has another number for %s", row->name);
	if (nr == FILTER_NR_UNKNOWN || (nr >= 0) != native || nr >= FILTER_NR_END)
		return diag_set(d, -EINVAL, "syscalls.def: %s %s on architecture %#x", row->name,
				nr >= 0 ? "exists and should not" : "is not known", t->arch);
	if (!native)
		return 0;
	if (t->judge[nr] != NULL)
		return diag_set(d, -EINVAL, "syscalls.def: %s stands there twice", row->name);
	t->judge[nr] = row;
	return 0;
}

/* By name, where the names are the same; sysopen.def has the others, and where it says otherwise it holds. */
static int take_i386(struct build *b, struct diag *d)
{
	struct table *t = &b->i386;

	t->arch = AUDIT_ARCH_I386;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int nr = rows[i].is_if ? -1 : filter_resolve(t->arch, rows[i].name);

		if (nr >= 0 && nr < FILTER_NR_END)
			t->judge[nr] = &rows[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(i386); i++) {
		const struct filter_row *row = filter_row_find(i386[i].row);
		int lib = filter_resolve(t->arch, i386[i].name);

		if (row == NULL || (lib >= 0 && lib != i386[i].nr))
			return diag_set(d, -EINVAL, "sysopen.def: %s %d %s: %s", i386[i].name, i386[i].nr,
					i386[i].row, row == NULL ? "no such row" : "not its number");
		t->judge[i386[i].nr] = row;
	}
	return 0;
}

/* A row stays with a verdict only where arguments decide. */
static void judge(const struct build *b, struct table *t)
{
	for (size_t i = 0; i < FILTER_NR_END; i++) {
		const struct filter_row *row = t->judge[i];

		t->nr[i].action = row != NULL ? flagged(b, row) : RET_ENOSYS;
		t->nr[i].row = row != NULL && next_if(b, row, NULL) != NULL ? row : NULL;
	}
}

static int take_table(struct build *b, struct diag *d)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++)
		if (!rows[i].is_if)
			r = take_row(b, &rows[i], d);
		else if (filter_row_find(rows[i].name) == NULL)
			r = diag_set(d, -EINVAL, "syscalls.def: SYS_IF(%s) without a plain row",
				     rows[i].name);
	if (r == 0 && (b->flags & FILTER_I386))
		r = take_i386(b, d);
	judge(b, &b->native);
	judge(b, &b->i386);
	return r;
}

static void block(const struct build *b, struct table *t, const char *name)
{
	for (size_t i = 0; i < FILTER_NR_END; i++) {
		struct verdict *v = &t->nr[i];

		bool exec = (b->flags & FILTER_EXEC) && str_starts(name, "execve");

		if (t->judge[i] == NULL || !streq(t->judge[i]->name, name))
			continue;
		/* What is refused stays as it is: EPERM for clone3 would end every thread. */
		if (v->row == NULL && v->action != SECCOMP_RET_ALLOW && !exec)
			continue;
		v->row = NULL;
		/* Of an exec somebody else is asked: whether its command is blocked. */
		v->action = (b->flags & FILTER_TELL) && !exec ? SECCOMP_RET_USER_NOTIF | EPERM : ERR(EPERM);
	}
}

static int take_blocked(struct build *b, char *const *blocked, size_t n, struct diag *d)
{
	for (size_t i = 0; i < n; i++) {
		int nr = filter_resolve(b->native.arch, blocked[i]);

		if (nr == FILTER_NR_UNKNOWN)
			return unknown_name(blocked[i], d);
		block(b, &b->native, blocked[i]);
		block(b, &b->i386, blocked[i]);
		/* A name that only the library knows is refused by name, too. One of another architecture is not here. */
		if (nr >= 0 && nr < FILTER_NR_END && b->native.judge[nr] == NULL)
			b->native.nr[nr].action =
			    b->flags & FILTER_TELL ? SECCOMP_RET_USER_NOTIF | EPERM : ERR(EPERM);
	}
	return 0;
}

static size_t emit(struct build *b, unsigned int code, uint32_t k, size_t jt, size_t jf)
{
	if (b->n == b->cap) {
		b->cap = b->cap != 0 ? 2 * b->cap : 512;
		b->insn = xrealloc_array(b->insn, b->cap, sizeof(*b->insn));
	}
	b->insn[b->n] = (struct sock_filter){ (uint16_t)code, (uint8_t)jt, (uint8_t)jf, k };
	return b->n++;
}

/* Loads a 32-bit word of struct seccomp_data. Both architectures are little-endian. */
static void emit_load(struct build *b, size_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/*
 * One test: falls through when it holds. Returns the instruction whose jump to
 * the end of the row is still to be set; *on_true tells which of its two.
 */
static size_t emit_test(struct build *b, const struct filter_test *t, bool loaded, bool *on_true)
{
	size_t low = offsetof(struct seccomp_data, args) + t->arg * sizeof(uint64_t);

	if (!loaded)
		emit_load(b, low);
	*on_true = false;
	switch (t->op) {
	case FILTER_EQ:
		return emit(b, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, 0);
	case FILTER_NE:
		*on_true = true;
		return emit(b, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, 0);
	case FILTER_ANY:
		return emit(b, BPF_JMP | BPF_JSET | BPF_K, t->value, 0, 0);
	case FILTER_MASKED:
		emit(b, BPF_ALU | BPF_AND | BPF_K, t->mask, 0, 0);
		return emit(b, BPF_JMP | BPF_JEQ | BPF_K, t->value, 0, 0);
	case FILTER_SET:
		emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2);
		emit_load(b, low + sizeof(uint32_t));
		*on_true = true;
		return emit(b, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0);
	case FILTER_NONE:
		break;
	}
	abort(); /* emit_if asks for no FILTER_NONE */
}

static bool keeps_word(const struct filter_test *t)
{
	return t->op == FILTER_EQ || t->op == FILTER_NE || t->op == FILTER_ANY;
}

/*
 * The tests and action of one SYS_IF row; the code behind it runs when a test
 * failed. *word is the argument in the accumulator, -1: none that is known.
 */
static void emit_if(struct build *b, const struct filter_row *row, int *word)
{
	struct {
		size_t at;
		bool on_true;
	} miss[ARRAY_SIZE(row->test)];
	size_t n = 0;
	int first = (int)row->test[0].arg;
	bool same = true;

	for (size_t i = 0; i < ARRAY_SIZE(row->test); i++) {
		const struct filter_test *t = &row->test[i];

		if (t->op == FILTER_NONE)
			continue;
		miss[n].at = emit_test(b, t, *word == (int)t->arg, &miss[n].on_true);
		n++;
		*word = keeps_word(t) ? (int)t->arg : -1;
		same = same && keeps_word(t) && (int)t->arg == first;
	}
	emit(b, BPF_RET | BPF_K, flagged(b, row), 0, 0);
	for (size_t i = 0; i < n; i++) {
		uint8_t skip = (uint8_t)(b->n - miss[i].at - 1);

		if (miss[i].on_true)
			b->insn[miss[i].at].jt = skip;
		else
			b->insn[miss[i].at].jf = skip;
	}
	/* Behind it, any of the tests may have been the one that failed. */
	*word = same ? first : -1;
}

static void emit_verdict(struct build *b, const struct verdict *v)
{
	int word = -1;

	if (v->row != NULL)
		for (const struct filter_row *row = next_if(b, v->row, NULL); row != NULL;
		     row = next_if(b, v->row, row))
			emit_if(b, row, &word);
	emit(b, BPF_RET | BPF_K, v->action, 0, 0);
}

/* Numbers from `start` up to the next range get the same verdict. */
struct range {
	uint32_t start;
	const struct verdict *verdict;
};

static void emit_search(struct build *b, const struct range *r, size_t n)
{
	size_t half = n / 2, at, skip;

	if (n == 1) {
		emit_verdict(b, r->verdict);
		return;
	}
	at = emit(b, BPF_JMP | BPF_JGE | BPF_K, r[half].start, 0, 0);
	emit_search(b, r, half);
	skip = b->n - at - 1;
	if (skip <= UINT8_MAX) {
		b->insn[at].jt = (uint8_t)skip;
	} else {
		/* Too far for a conditional jump: put a long one behind it. */
		emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
		memmove(&b->insn[at + 2], &b->insn[at + 1], skip * sizeof(*b->insn));
		b->insn[at + 1] = (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0, (uint32_t)skip };
		b->insn[at].jf = 1;
	}
	emit_search(b, r + half, n - half);
}

/* By number; the ABI is known. */
static void emit_table(struct build *b, const struct table *t)
{
	static const struct verdict beyond = { NULL, RET_ENOSYS };
	struct range range[FILTER_NR_END + 1];
	size_t n = 1;

	range[0] = (struct range){ 0, &t->nr[0] };
	for (uint32_t i = 1; i <= FILTER_NR_END; i++) {
		const struct verdict *v = i < FILTER_NR_END ? &t->nr[i] : &beyond;
		const struct verdict *last = range[n - 1].verdict;

		if (v->row != NULL || last->row != NULL || v->action != last->action)
			range[n++] = (struct range){ i, v };
	}
	emit_load(b, offsetof(struct seccomp_data, nr));
	emit_search(b, range, n);
}

static void emit_program(struct build *b)
{
	size_t other;

	emit_load(b, offsetof(struct seccomp_data, arch));
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, b->native.arch, 1, 0);
	if ((b->flags & FILTER_I386) == 0) {
		emit(b, BPF_RET | BPF_K, RET_ENOSYS, 0, 0);
		emit_table(b, &b->native);
		return;
	}
	other = emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_table(b, &b->native);
	b->insn[other].k = (uint32_t)(b->n - other - 1);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 1, 0);
	emit(b, BPF_RET | BPF_K, RET_ENOSYS, 0, 0);
	emit_table(b, &b->i386);
}

int filter_build_with(uint32_t arch, unsigned int flags, char *const *blocked, size_t n, struct filter *ret,
		      struct diag *d)
{
	AUTO_BUILD struct build b = { .flags = flags, .native.arch = arch };
	int r;

	if (arch != AUDIT_ARCH_X86_64 && arch != AUDIT_ARCH_AARCH64)
		return diag_set(d, -ENOTSUP, "no system call table for architecture %#x", arch);
	if ((flags & FILTER_I386) && arch != AUDIT_ARCH_X86_64)
		return diag_set(d, -ENOTSUP, "allow_32bit: only x86-64 has a table of 32-bit system calls");
	r = take_table(&b, d);
	if (r == 0)
		r = take_blocked(&b, blocked, n, d);
	if (r < 0)
		return r;
	emit_program(&b);
	if (b.n > BPF_MAXINSNS)
		return diag_set(d, -E2BIG, "the filter has %zu instructions, the kernel takes %d", b.n,
				BPF_MAXINSNS);
	ret->insn = TAKE_PTR(b.insn);
	ret->n = b.n;
	ret->owned = 1;
	return 0;
}

int filter_build(uint32_t arch, char *const *blocked, size_t n, struct filter *ret, struct diag *d)
{
	return filter_build_with(arch, 0, blocked, n, ret, d);
}
