/* SPDX-License-Identifier: MIT */
/* The default programs, their release, and the list of all calls. */
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "filter_table.h"
#include "mem.h"
#include "strv.h"
#include "util.h"

uint32_t filter_native_arch(void)
{
#if defined(__x86_64__) && !defined(__ILP32__)
	return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && !defined(__ILP32__)
	return AUDIT_ARCH_AARCH64;
#else
#error "no system call table for this architecture"
#endif
}

static int ready(uint32_t arch, bool told, struct filter *ret, struct diag *d)
{
	const struct sock_filter *insn;
	size_t n;

	if (arch == AUDIT_ARCH_X86_64) {
		insn = told ? filter_told_x86_64 : filter_default_x86_64;
		n = told ? filter_told_x86_64_n : filter_default_x86_64_n;
	} else if (arch == AUDIT_ARCH_AARCH64) {
		insn = told ? filter_told_aarch64 : filter_default_aarch64;
		n = told ? filter_told_aarch64_n : filter_default_aarch64_n;
	} else {
		return diag_set(d, -ENOTSUP, "no system call table for architecture %#x", arch);
	}
	/* struct sock_fprog has no const; nobody writes through it. */
	*ret = (struct filter){ (struct sock_filter *)(uintptr_t)insn, n, 0 };
	return 0;
}

int filter_default(uint32_t arch, struct filter *ret, struct diag *d)
{
	return ready(arch, false, ret, d);
}

int filter_default_told(uint32_t arch, struct filter *ret, struct diag *d)
{
	return ready(arch, true, ret, d);
}

void filter_done(struct filter *f)
{
	if (f->owned)
		mem_free_ptr(&f->insn);
	*f = (struct filter){ 0 };
}

/* "ALLOW", "EPERM", …; what the table uses, and the number for anything else. */
void filter_put_action(FILE *out, uint32_t action)
{
	static const struct {
		int code;
		const char *name;
	} names[] = {
		{ 0, "FAKE" },
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ ENOSYS, "ENOSYS" },
		{ EAFNOSUPPORT, "EAFNOSUPPORT" },
		{ ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT" },
		{ EPROTONOSUPPORT, "EPROTONOSUPPORT" },
	};

	if (action == SECCOMP_RET_ALLOW) {
		fputs("ALLOW", out);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (action == (SECCOMP_RET_ERRNO | (uint32_t)names[i].code)) {
			fputs(names[i].name, out);
			return;
		}
	}
	fprintf(out, "%#x", action);
}

/* The plain row's action, then each other one of its SYS_IF rows: "ALLOW|EPERM". */
static void put_actions(FILE *out, const struct filter_row *row)
{
	const struct filter_row *r = NULL, *before;

	filter_put_action(out, row->action);
	while ((r = filter_row_next_if(row, r)) != NULL) {
		bool seen = r->action == row->action;

		for (before = filter_row_next_if(row, NULL); before != r;
		     before = filter_row_next_if(row, before))
			seen = seen || before->action == r->action;
		if (seen)
			continue;
		putc('|', out);
		filter_put_action(out, r->action);
	}
}

void filter_put_test(FILE *out, const struct filter_test *t)
{
	switch (t->op) {
	case FILTER_EQ:
		fprintf(out, " arg%u=%#x", t->arg, t->value);
		break;
	case FILTER_NE:
		fprintf(out, " arg%u!=%#x", t->arg, t->value);
		break;
	case FILTER_ANY:
		fprintf(out, " arg%u has any of %#x", t->arg, t->value);
		break;
	case FILTER_MASKED:
		fprintf(out, " arg%u&%#x=%#x", t->arg, t->mask, t->value);
		break;
	case FILTER_SET:
		fprintf(out, " arg%u!=NULL", t->arg);
		break;
	case FILTER_NONE:
		break;
	}
}

static void put_row(FILE *out, const struct filter_row *row)
{
	const struct filter_row *r = NULL;

	put_actions(out, row);
	putc(' ', out);
	for (const char *c = row->group; *c != '\0'; c++)
		putc(tolower((unsigned char)*c), out);
	fprintf(out, " %s", row->why);
	while ((r = filter_row_next_if(row, r)) != NULL) {
		fputs("; ", out);
		filter_put_action(out, r->action);
		fputs(" when", out);
		filter_put_test(out, &r->test[0]);
		filter_put_test(out, &r->test[1]);
		fprintf(out, ": %s", r->why);
	}
}

static void put_line(FILE *out, const char *name, bool blocked)
{
	const struct filter_row *row = filter_row_find(name);
	bool plain = row != NULL && filter_row_next_if(row, NULL) == NULL;

	fprintf(out, "%s ", name);
	if (filter_resolve(filter_native_arch(), name) < 0)
		fputs("ENOSYS absent not a call of this architecture", out);
	else if (blocked && !(plain && row->action != SECCOMP_RET_ALLOW))
		fputs("EPERM config blocked_syscalls", out);
	else if (row != NULL)
		put_row(out, row);
	else
		fputs("ENOSYS unknown not in the table", out);
	putc('\n', out);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void collect_names(struct strv *names, char *const *blocked, size_t n)
{
	size_t n_rows;
	const struct filter_row *rows = filter_rows(&n_rows);

	for (size_t i = 0; i < n_rows; i++)
		if (!rows[i].is_if)
			strv_add(names, rows[i].name);
	for (int nr = 0; nr < FILTER_NR_END; nr++) {
		AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(filter_native_arch(), nr);

		if (name != NULL && filter_row_find(name) == NULL)
			strv_add(names, name);
	}
	for (size_t i = 0; i < n; i++)
		if (!strv_has(names, blocked[i]))
			strv_add(names, blocked[i]);
	qsort(names->v, names->n, sizeof(*names->v), by_name);
}

int filter_list(FILE *out, char *const *blocked, size_t n, struct diag *d)
{
	AUTO_STRV struct strv names = { 0 };
	struct filter check = { 0 };
	/* Says which of the names is wrong before a line is printed. */
	int r = filter_build(filter_native_arch(), blocked, n, &check, d);

	filter_done(&check);
	if (r < 0)
		return r;
	collect_names(&names, blocked, n);
	for (size_t i = 0; i < names.n; i++) {
		bool is_blocked = false;

		for (size_t j = 0; j < n; j++)
			is_blocked = is_blocked || streq(blocked[j], names.v[i]);
		put_line(out, names.v[i], is_blocked);
	}
	return diag_flush(d, out, "list of system calls");
}
