/* SPDX-License-Identifier: MIT */
/* The table of mutants, and how its edits change a plan. */
#include "mutants/mutants.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bpfsim.h"
#include "canary.h"
#include "env.h"
#include "filter.h"
#include "filter_table.h"
#include "mem.h"
#include "path.h"
#include "util.h"

#define YES true
#define NO  false
#include "mutants/edits.h"
#define MUTANT(name_, edit_, probes_, verify_, proof_, reason_, why_) \
	{ .name = name_, \
	  .edit = { edit_ }, \
	  .killed_by = probes_, \
	  .verify_refuses = verify_, \
	  .proof_refuses = proof_, \
	  .reason = reason_, \
	  .why = why_ },

#define SIMULATED(name_, edit_, call_, bits_, reason_, why_)
const struct mutant mutants[] = {
#include "mutants/mutants.def"
};
const size_t mutants_n = ARRAY_SIZE(mutants);

#undef MUTANT
#undef SIMULATED
#define MUTANT(name_, edit_, probes_, verify_, proof_, reason_, why_)
#define SIMULATED(name_, edit_, call_, bits_, reason_, why_) \
	{ .mutant = { .name = name_, .edit = { edit_ }, .killed_by = "", .why = why_ }, \
	  .call = call_, \
	  .number_bits = bits_, \
	  .reason = reason_ },
const struct mutant_simulated mutants_simulated[] = {
#include "mutants/mutants.def"
};
const size_t mutants_simulated_n = ARRAY_SIZE(mutants_simulated);

#if defined(__x86_64__)
#define MUTANT_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define MUTANT_ARCH AUDIT_ARCH_AARCH64
#endif

/* A path of the table with its first word replaced. NULL stays NULL. Owned by the caller. */
static char *mutant_path(const char *s, const struct mutant_paths *p)
{
	const struct {
		const char *word, *with;
	} words[] = {
		{ "@HOME", p->home }, { "@PROJECT", p->project }, { "@BASE", p->base }, { "@TOKEN", p->token }
	};

	if (s == NULL)
		return NULL;
	if (s[0] == '$') {
		const char *value = p->inputs != NULL ? env_get(p->inputs->v, s + 1) : NULL;

		return xstrdup(value != NULL ? value : "");
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_starts(s, words[i].word))
			return xasprintf("%s%s", words[i].with, s + strlen(words[i].word));
	}
	return xstrdup(s);
}

static struct plan_op *mutant_find_variable(struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (plan->op[i].type == PLAN_SETENV && streq(plan->op[i].src, name))
			return &plan->op[i];
	}
	return NULL;
}

/* The first that the plan has: a user's setting may have opened another. */
static struct plan_op *mutant_find_etc(const struct mutant_edit *e, struct plan *plan)
{
	AUTO_STRV struct strv files = { 0 };
	struct plan_op *op = NULL;

	canary_etc(&files);
	for (size_t i = 0; i < files.n && op == NULL; i++)
		op = plan_find(plan, e->type, files.v[i]);
	return op;
}

static struct plan_op *mutant_find(const struct mutant_edit *e, struct plan *plan,
				   const struct mutant_paths *p)
{
	AUTO_FREE char *dst = mutant_path(e->dst, p);

	if (e->kind == MUTANT_UNSETENV)
		return mutant_find_variable(plan, e->src);
	if (dst != NULL && streq(dst, "@ETC"))
		return mutant_find_etc(e, plan);
	return plan_find(plan, e->type, dst);
}

/* Puts the operation at that place; what stood there comes after it. */
static void mutant_insert(struct plan *plan, size_t at, struct plan_op op)
{
	plan_add(plan, op);
	memmove(plan->op + at + 1, plan->op + at, (plan->n - 1 - at) * sizeof(*plan->op));
	plan->op[at] = op;
}

/* A mount after all others of its stage: what comes later covers what came before. */
static void mutant_add(const struct mutant_edit *e, struct plan *plan, const struct mutant_paths *p)
{
	const struct plan_op *root = plan_find(plan, PLAN_REMOUNT_RO, NULL);

	mutant_insert(plan, root != NULL ? (size_t)(root - plan->op) : plan->n,
		      (struct plan_op){ .type = e->type,
					.stage = PLAN_STAGE_BWRAP,
					.src = mutant_path(e->src, p),
					.dst = mutant_path(e->dst, p),
					.why = xstrdup("mutant") });
}

static void mutant_setenv(const struct mutant_edit *e, struct plan *plan, const struct mutant_paths *p)
{
	char *value = mutant_path(e->dst, p);

	plan_add(plan, (struct plan_op){ .type = PLAN_SETENV,
					 .stage = PLAN_STAGE_INIT,
					 .src = xstrdup(e->src),
					 .data = value,
					 .len = strlen(value),
					 .why = xstrdup("mutant") });
}

static void mutant_retype(const struct mutant_edit *e, struct plan_op *op, const struct mutant_paths *p)
{
	op->type = e->to;
	if (e->src != NULL) {
		free(op->src);
		op->src = mutant_path(e->src, p);
	}
}

/* A mask among what bwrap mounts, before the bind that then lies over it. */
static int mutant_early(struct plan *plan, struct plan_op *op)
{
	size_t at = 0, from = (size_t)(op - plan->op);
	struct plan_op early = *op;

	while (at < from && !(plan_is_mount(plan->op[at].type) && plan->op[at].stage == PLAN_STAGE_BWRAP &&
			      path_is_under(op->dst, plan->op[at].dst)))
		at++;
	if (at == from)
		return -ENOENT;
	early.type = PLAN_DATA;
	early.stage = PLAN_STAGE_BWRAP;
	early.data = xstrdup("");
	memmove(plan->op + at + 1, plan->op + at, (from - at) * sizeof(*plan->op));
	plan->op[at] = early;
	return 0;
}

/* Read-only by a remount, which changes one mount and none below it. */
static void mutant_shallow(struct plan *plan, struct plan_op *op)
{
	op->type = PLAN_RW_BIND;
	mutant_insert(plan, (size_t)(op - plan->op) + 1,
		      (struct plan_op){ .type = PLAN_REMOUNT_RO,
					.stage = op->stage,
					.dst = xstrdup(op->dst),
					.why = xstrdup("mutant") });
}

/* --- the filter: the shipped program, and what the user's settings added, behind instructions of ours */

#define MUTANT_CALLS 64

static void mutant_prepend(struct plan_op *op, const struct sock_filter *insn, size_t n)
{
	char *data = xmalloc(n * sizeof(*insn) + op->len + 1);

	memcpy(data, insn, n * sizeof(*insn));
	memcpy(data + n * sizeof(*insn), op->data, op->len);
	op->len += n * sizeof(*insn);
	data[op->len] = '\0';
	free(op->data);
	op->data = data;
}

static bool mutant_names(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = words + strspn(words, " "); *s != '\0';) {
		size_t n = strcspn(s, " ");

		if (n == len && strncmp(s, word, n) == 0)
			return true;
		s += n;
		s += strspn(s, " ");
	}
	return false;
}

/* The numbers of the calls that an edit names; 0: none that this architecture has. */
static size_t mutant_numbers(const char *names, int nr[MUTANT_CALLS])
{
	const char *group = str_starts(names, "group:") ? names + strlen("group:") : NULL;
	size_t nrows, n = 0;
	const struct filter_row *row = filter_rows(&nrows);

	for (size_t i = 0; i < nrows && n < MUTANT_CALLS; i++) {
		int got;

		if (row[i].is_if)
			continue;
		if (group != NULL ? !streq(row[i].group, group) || (row[i].action == SECCOMP_RET_ALLOW &&
								    filter_row_next_if(&row[i], NULL) == NULL)
				  : !mutant_names(names, row[i].name))
			continue;
		got = filter_resolve(MUTANT_ARCH, row[i].name);
		if (got >= 0)
			nr[n++] = got;
	}
	return n;
}

/* Returns the length of the test that stands before the permission; it falls through where it holds. */
static size_t mutant_test(const struct mutant_edit *e, struct sock_filter out[2])
{
	uint32_t low = (uint32_t)(offsetof(struct seccomp_data, args) + e->arg * sizeof(uint64_t));
	uint32_t value = (uint32_t)e->number;

	out[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low);
	switch (e->test) {
	case MUTANT_ALWAYS:
		return 0;
	case MUTANT_WHEN_EQ:
		out[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
		break;
	case MUTANT_WHEN_NE:
		out[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
		break;
	case MUTANT_WHEN_ANY:
		out[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, value, 0, 1);
		break;
	case MUTANT_WHEN_HIGH:
		out[0].k += sizeof(uint32_t);
		out[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
		break;
	}
	return 2;
}

static int mutant_filter(const struct mutant_edit *e, struct plan_op *op)
{
	struct sock_filter insn[MUTANT_CALLS + 8], test[2];
	int nr[MUTANT_CALLS];
	size_t calls = mutant_numbers(e->src, nr), ntest = mutant_test(e, test), n = 0;
	uint8_t rest = (uint8_t)(1 + calls + 1 + ntest + 1);

	if (calls == 0)
		return -ENOENT;
	insn[n++] =
	    (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	insn[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MUTANT_ARCH, 0, rest);
	insn[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < calls; i++)
		insn[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr[i],
							 (uint8_t)(calls - i), 0);
	insn[n++] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)ntest + 1);
	for (size_t i = 0; i < ntest; i++)
		insn[n++] = test[i];
	insn[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	mutant_prepend(op, insn, n);
	return 0;
}

/* What the user's settings block besides is not in it: that would hide what the request opens. */
static int mutant_opened(const struct mutant_edit *e, struct plan_op *op)
{
	struct filter f = { 0 };
	struct diag d = { 0 };
	int r = filter_build_with(MUTANT_ARCH, (unsigned int)e->number, NULL, 0, &f, &d);

	if (r < 0)
		return r;
	free(op->data);
	op->len = f.n * sizeof(*f.insn);
	op->data = xmemdup(f.insn, op->len);
	filter_done(&f);
	return 0;
}

/* How every program of filter_build.c begins; false: it no longer does. */
static bool mutant_begins(const struct plan_op *op, struct sock_filter head[4])
{
	if (op->len < 4 * sizeof(*head))
		return false;
	memcpy(head, op->data, 4 * sizeof(*head));
	return head[0].code == (BPF_LD | BPF_W | BPF_ABS) &&
	       head[0].k == offsetof(struct seccomp_data, arch) &&
	       head[1].code == (BPF_JMP | BPF_JEQ | BPF_K) && head[1].k == MUTANT_ARCH && head[1].jt == 1 &&
	       head[1].jf == 0 && head[2].code == (BPF_RET | BPF_K) &&
	       head[3].code == (BPF_LD | BPF_W | BPF_ABS) && head[3].k == offsetof(struct seccomp_data, nr);
}

static int mutant_no_abi(struct plan_op *op)
{
	struct sock_filter head[4];

	if (!mutant_begins(op, head))
		return -ENOENT;
	op->len -= 3 * sizeof(*head);
	memmove(op->data, op->data + 3 * sizeof(*head), op->len);
	return 0;
}

static int mutant_x32(struct plan_op *op)
{
	const struct sock_filter plain = BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xbfffffff);
	struct sock_filter head[4];

	if (!mutant_begins(op, head))
		return -ENOENT;
	mutant_prepend(op, head, 4);
	memcpy(op->data + 4 * sizeof(*head), &plain, sizeof(plain));
	memmove(op->data + 5 * sizeof(*head), op->data + 8 * sizeof(*head), op->len - 8 * sizeof(*head));
	op->len -= 3 * sizeof(*head);
	return 0;
}

/* --- */

static int mutant_change(const struct mutant_edit *e, struct plan *plan, struct plan_op *op,
			 const struct mutant_paths *paths)
{
	switch (e->kind) {
	case MUTANT_DEL:
	case MUTANT_UNSETENV:
		plan_del(plan, op);
		return 0;
	case MUTANT_RETYPE:
		mutant_retype(e, op, paths);
		return 0;
	case MUTANT_REARG:
		free(op->dst);
		op->dst = mutant_path(e->src, paths);
		return 0;
	case MUTANT_NUMBER:
		op->number = e->number;
		return 0;
	case MUTANT_EARLY:
		return mutant_early(plan, op);
	case MUTANT_SHALLOW:
		mutant_shallow(plan, op);
		return 0;
	case MUTANT_FILTER:
		return mutant_filter(e, op);
	case MUTANT_OPENED:
		return mutant_opened(e, op);
	case MUTANT_NO_ABI:
		return mutant_no_abi(op);
	case MUTANT_X32:
		return mutant_x32(op);
	case MUTANT_HOLE:
		mutant_prepend(op, e->insn, (size_t)e->number);
		return 0;
	case MUTANT_BWRAP:
	case MUTANT_KEEP_FD:
	case MUTANT_EGRESS:
	case MUTANT_ESCAPES:
		return 0; /* mutant_launch */
	case MUTANT_NONE:
	case MUTANT_ADD:
	case MUTANT_SETENV:
	case MUTANT_EACH_DEL:
	case MUTANT_EACH_RETYPE:
	case MUTANT_KEEP_CAPS:
	case MUTANT_LEAK_ENV:
		break;
	}
	return -EINVAL;
}

static int mutant_edit(const struct mutant_edit *e, struct plan *plan, const struct mutant_paths *paths)
{
	struct plan_op *op = NULL;

	if (e->kind == MUTANT_ADD) {
		mutant_add(e, plan, paths);
		return 0;
	}
	if (e->kind == MUTANT_SETENV) {
		mutant_setenv(e, plan, paths);
		return 0;
	}
	op = mutant_find(e, plan, paths);
	return op != NULL ? mutant_change(e, plan, op, paths) : -ENOENT;
}

/* In the host's network there is none of the box's that egress could join: it would only fail. */
static void mutant_without_network(struct plan *plan)
{
	struct plan_op *op = plan_find(plan, PLAN_EGRESS, NULL);

	if (op != NULL && plan_find(plan, PLAN_UNSHARE, "net") == NULL)
		plan_del(plan, op);
}

/* What is not fresh any more has no size of ours: the host's file systems can't be changed from inside. */
static void mutant_without_fresh(struct plan *plan)
{
	for (size_t i = plan->n; i-- > 0;) {
		enum plan_type last = PLAN_INVALID;

		if (plan->op[i].type != PLAN_SIZE)
			continue;
		for (size_t k = 0; k < plan->n; k++)
			if (plan_is_mount(plan->op[k].type) &&
			    path_is_under(plan->op[i].dst, plan->op[k].dst))
				last = plan->op[k].type;
		if (last != PLAN_TMPFS && last != PLAN_DEV)
			plan_del(plan, &plan->op[i]);
	}
}

int mutant_apply(const struct mutant *m, struct plan *plan, const struct mutant_paths *paths, struct diag *d)
{
	for (size_t i = 0; i < MUTANT_EDITS && m->edit[i].kind != MUTANT_NONE; i++) {
		const struct mutant_edit *e = &m->edit[i];
		int r = mutant_edit(e, plan, paths);

		if (r < 0)
			return diag_set(d, r, "mutant %s: the plan has no operation %s %s", m->name,
					plan_type_name(e->type),
					e->dst != NULL	 ? e->dst
					: e->src != NULL ? e->src
							 : "");
	}
	mutant_without_network(plan);
	mutant_without_fresh(plan);
	return 0;
}

void mutant_widen(struct plan *plan, const char *path, const struct mutant_paths *paths)
{
	plan_add(plan, (struct plan_op){ .type = PLAN_LANDLOCK,
					 .stage = PLAN_STAGE_INIT,
					 .dst = mutant_path(path, paths),
					 .number = PLAN_RIGHTS_WRITE,
					 .why = xstrdup("mutant") });
}

bool mutant_needs_terminal(const struct mutant *m)
{
	for (size_t i = 0; i < MUTANT_EDITS; i++)
		if (m->edit[i].kind != MUTANT_NONE && m->edit[i].type == PLAN_OWN_TERMINAL)
			return true;
	return false;
}

/* Commands are blocked in that box alone: its files of them, and who is asked about an exec. */
static bool mutant_is_of_commands(const struct mutant_edit *e)
{
	return e->type == PLAN_BLOCKED ||
	       (e->kind == MUTANT_DEL && e->dst != NULL && str_starts(e->dst, "@BASE/commands/")) ||
	       (e->kind == MUTANT_FILTER && str_starts(e->src, "execve"));
}

bool mutant_is_outside(const struct mutant *m)
{
	for (size_t i = 0; i < MUTANT_EDITS; i++)
		if (m->edit[i].type == PLAN_EGRESS || m->edit[i].type == PLAN_ALLOW_HOST ||
		    m->edit[i].type == PLAN_DENY_HOST || m->edit[i].type == PLAN_PORT ||
		    m->edit[i].type == PLAN_HOST_PORT || m->edit[i].type == PLAN_PUBLISH ||
		    mutant_is_of_commands(&m->edit[i]))
			return true;
	return false;
}

void mutant_launch(const struct mutant *m, const struct mutant_paths *paths, struct mutant_launch *ret)
{
	*ret = (struct mutant_launch){ 0 };
	for (size_t i = 0; i < MUTANT_EDITS; i++) {
		const struct mutant_edit *e = &m->edit[i];

		if (e->kind == MUTANT_KEEP_FD)
			ret->wrong.fd = (int)e->number;
		if (e->kind == MUTANT_ESCAPES)
			ret->wrong.escapes = ~0u;
		if (e->kind == MUTANT_EGRESS)
			ret->wrong.egress = e->src;
		for (const char *s = e->kind == MUTANT_BWRAP ? e->src : ""; *s != '\0'; s += strspn(s, " ")) {
			size_t n = strcspn(s, " ");
			AUTO_FREE char *word = xstrndup(s, n);
			AUTO_FREE char *path = mutant_path(word, paths);

			strv_add(&ret->words, path);
			s += n;
		}
	}
	for (size_t i = 0; i < ret->words.n && i + 1 < ARRAY_SIZE(ret->bwrap); i++)
		ret->bwrap[i] = ret->words.v[i];
	ret->wrong.bwrap = ret->bwrap;
}

void mutant_launch_done(struct mutant_launch *l)
{
	strv_done(&l->words);
}

static uint32_t mutant_verdict(const struct mutant_simulated *m, const struct plan_op *op, struct diag *d)
{
	struct seccomp_data data = { .arch = MUTANT_ARCH };
	int nr = filter_resolve(MUTANT_ARCH, m->call);

	if (nr < 0) {
		diag_set(d, -ENOENT, "no call %s here", m->call);
		return SECCOMP_RET_KILL_PROCESS;
	}
	data.nr = (int)((unsigned int)nr | m->number_bits);
	return bpfsim_run((const struct sock_filter *)(const void *)op->data,
			  op->len / sizeof(struct sock_filter), &data, d);
}

char *mutant_simulate(const struct mutant_simulated *m, const char *program, size_t len)
{
	static const struct mutant_paths none = { 0 };
	AUTO_PLAN struct plan plan = { 0 };
	struct diag d = { 0 };
	struct plan_op *op = plan_add(&plan, (struct plan_op){ .type = PLAN_SECCOMP,
							       .stage = PLAN_STAGE_INIT,
							       .data = xmemdup(program, len),
							       .len = len,
							       .why = xstrdup("simulated") });

	if (mutant_verdict(m, op, &d) == SECCOMP_RET_ALLOW)
		return xasprintf("the filter lets %s pass without the edit", m->call);
	if (d.code == 0)
		mutant_apply(&m->mutant, &plan, &none, &d);
	if (d.code == 0 && mutant_verdict(m, plan.op, &d) != SECCOMP_RET_ALLOW && d.code == 0)
		return xasprintf("the filter refuses %s all the same", m->call);
	return d.code == 0 ? NULL : xstrdup(d.msg);
}
