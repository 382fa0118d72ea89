/* SPDX-License-Identifier: MIT */
/* The table of mutants, and how one of its edits changes a plan: exactly one operation. */
#include "mutants/mutants.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "canary.h"
#include "mem.h"
#include "util.h"

#define YES true
#define NO  false
#define DEL(type_, dst_) \
	{ \
		.kind = MUTANT_DEL, .type = PLAN_##type_, .dst = dst_ \
	}
#define RETYPE(type_, dst_, to_) \
	{ \
		.kind = MUTANT_RETYPE, .type = PLAN_##type_, .dst = dst_, .to = PLAN_##to_ \
	}
#define REPLACE(type_, dst_, to_, src_) \
	{ \
		.kind = MUTANT_RETYPE, .type = PLAN_##type_, .dst = dst_, .to = PLAN_##to_, .src = src_ \
	}
#define ADD(type_, src_, dst_) \
	{ \
		.kind = MUTANT_ADD, .type = PLAN_##type_, .src = src_, .dst = dst_ \
	}
#define SETENV(name_, value_) \
	{ \
		.kind = MUTANT_SETENV, .type = PLAN_SETENV, .src = name_, .dst = value_ \
	}
#define UNSETENV(name_) \
	{ \
		.kind = MUTANT_UNSETENV, .type = PLAN_SETENV, .src = name_ \
	}
#define REARG(type_, dst_, new_) \
	{ \
		.kind = MUTANT_REARG, .type = PLAN_##type_, .dst = dst_, .src = new_ \
	}
#define NUMBER(type_, dst_, n_) \
	{ \
		.kind = MUTANT_NUMBER, .type = PLAN_##type_, .dst = dst_, .number = n_ \
	}
#define CALL(name_) \
	{ \
		.kind = MUTANT_ALLOW_CALL, .type = PLAN_SECCOMP, .number = SYS_##name_ \
	}
#define ABI(arch_) \
	{ \
		.kind = MUTANT_ALLOW_ABI, .type = PLAN_SECCOMP, .number = (long)AUDIT_ARCH_##arch_ \
	}
#define MUTANT(name_, edit_, probes_, verify_, proof_, reason_, why_) \
	{ .name = name_, \
	  .edit = edit_, \
	  .killed_by = probes_, \
	  .verify_refuses = verify_, \
	  .proof_refuses = proof_, \
	  .reason = reason_, \
	  .why = why_ },

const struct mutant mutants[] = {
#include "mutants/mutants.def"
};
const size_t mutants_n = ARRAY_SIZE(mutants);

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
static struct plan_op *mutant_find_etc(const struct mutant *m, struct plan *plan)
{
	AUTO_STRV struct strv files = { 0 };
	struct plan_op *op = NULL;

	canary_etc(&files);
	for (size_t i = 0; i < files.n && op == NULL; i++)
		op = plan_find(plan, m->edit.type, files.v[i]);
	return op;
}

static struct plan_op *mutant_find(const struct mutant *m, struct plan *plan, const struct mutant_paths *p)
{
	AUTO_FREE char *dst = mutant_path(m->edit.dst, p);

	if (m->edit.kind == MUTANT_UNSETENV)
		return mutant_find_variable(plan, m->edit.src);
	if (dst != NULL && streq(dst, "@ETC"))
		return mutant_find_etc(m, plan);
	return plan_find(plan, m->edit.type, dst);
}

/* A mount after all others of its stage: what comes later covers what came before. */
static void mutant_add(const struct mutant *m, struct plan *plan, const struct mutant_paths *p)
{
	const struct plan_op *root = plan_find(plan, PLAN_REMOUNT_RO, NULL);
	size_t at = root != NULL ? (size_t)(root - plan->op) : plan->n;
	struct plan_op op = {
		.type = m->edit.type,
		.stage = PLAN_STAGE_BWRAP,
		.src = mutant_path(m->edit.src, p),
		.dst = mutant_path(m->edit.dst, p),
		.why = xasprintf("mutant %s", m->name),
	};

	plan_add(plan, op);
	memmove(plan->op + at + 1, plan->op + at, (plan->n - 1 - at) * sizeof(*plan->op));
	plan->op[at] = op;
}

static void mutant_setenv(const struct mutant *m, struct plan *plan, const struct mutant_paths *p)
{
	char *value = mutant_path(m->edit.dst, p);

	plan_add(plan, (struct plan_op){ .type = PLAN_SETENV,
					 .stage = PLAN_STAGE_INIT,
					 .src = xstrdup(m->edit.src),
					 .data = value,
					 .len = strlen(value),
					 .why = xasprintf("mutant %s", m->name) });
}

static void mutant_retype(const struct mutant *m, struct plan_op *op, const struct mutant_paths *p)
{
	op->type = m->edit.to;
	if (m->edit.src != NULL) {
		free(op->src);
		op->src = mutant_path(m->edit.src, p);
	}
}

/* The filter with instructions before it that let one call, or the calls of one ABI, pass. */
static void mutant_allow(const struct mutant *m, struct plan_op *op)
{
	const struct sock_filter call[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MUTANT_ARCH, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)m->edit.number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_filter abi[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)m->edit.number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	bool is_call = m->edit.kind == MUTANT_ALLOW_CALL;
	size_t n = is_call ? sizeof(call) : sizeof(abi);
	char *data = xmalloc(n + op->len + 1);

	memcpy(data, is_call ? call : abi, n);
	memcpy(data + n, op->data, op->len);
	data[n + op->len] = '\0';
	free(op->data);
	op->data = data;
	op->len += n;
}

int mutant_apply(const struct mutant *m, struct plan *plan, const struct mutant_paths *paths, struct diag *d)
{
	struct plan_op *op = NULL;

	if (m->edit.kind == MUTANT_ADD) {
		mutant_add(m, plan, paths);
		return 0;
	}
	if (m->edit.kind == MUTANT_SETENV) {
		mutant_setenv(m, plan, paths);
		return 0;
	}
	op = mutant_find(m, plan, paths);
	if (op == NULL)
		return diag_set(d, -ENOENT, "mutant %s: the plan has no operation %s %s", m->name,
				plan_type_name(m->edit.type), m->edit.dst != NULL ? m->edit.dst : "");
	switch (m->edit.kind) {
	case MUTANT_DEL:
	case MUTANT_UNSETENV:
		plan_del(plan, op);
		return 0;
	case MUTANT_RETYPE:
		mutant_retype(m, op, paths);
		return 0;
	case MUTANT_REARG:
		free(op->dst);
		op->dst = mutant_path(m->edit.src, paths);
		return 0;
	case MUTANT_NUMBER:
		op->number = m->edit.number;
		return 0;
	case MUTANT_ALLOW_CALL:
	case MUTANT_ALLOW_ABI:
		mutant_allow(m, op);
		return 0;
	case MUTANT_NONE:
	case MUTANT_ADD:
	case MUTANT_SETENV:
		break;
	}
	return diag_set(d, -EINVAL, "mutant %s: no such edit", m->name);
}
