/* SPDX-License-Identifier: MIT */
/* The plan as data: growing, finding, dumping. No system calls but the dump's stream. */
#include "plan.h"

#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "jsonout.h"
#include "log.h"
#include "mem.h"
#include "util.h"

static const char *const plan_names[] = {
	[PLAN_INVALID] = "invalid",
	[PLAN_UNSHARE] = "unshare",
	[PLAN_NO_NESTED_USERNS] = "no-nested-userns",
	[PLAN_CAP_DROP] = "cap-drop",
	[PLAN_NO_NEW_PRIVS] = "no-new-privs",
	[PLAN_DIE_WITH_PARENT] = "die-with-parent",
	[PLAN_AS_PID_1] = "as-pid-1",
	[PLAN_UID] = "uid",
	[PLAN_GID] = "gid",
	[PLAN_HOSTNAME] = "hostname",
	[PLAN_KERNEL_UID] = "kernel-uid",
	[PLAN_MAKE_DIR] = "make-dir",
	[PLAN_CLOSE_FDS] = "close-fds",
	[PLAN_RELAY_STDIO] = "relay-stdio",
	[PLAN_OWN_TERMINAL] = "own-terminal",
	[PLAN_WATCH] = "watch",
	[PLAN_HOLD] = "hold",
	[PLAN_EGRESS] = "egress",
	[PLAN_ALLOW_HOST] = "allow-host",
	[PLAN_DENY_HOST] = "deny-host",
	[PLAN_PORT] = "port",
	[PLAN_HOST_PORT] = "host-port",
	[PLAN_PUBLISH] = "publish",
	[PLAN_EGRESS_LOG] = "egress-log",
	[PLAN_UPSTREAM] = "upstream",
	[PLAN_MITMPROXY] = "mitmproxy",
	[PLAN_LIMIT] = "limit",
	[PLAN_DIRECT] = "direct",
	[PLAN_BLOCKED] = "blocked-command",
	[PLAN_RO_BIND] = "ro-bind",
	[PLAN_RW_BIND] = "rw-bind",
	[PLAN_SYMLINK] = "symlink",
	[PLAN_DIR] = "dir",
	[PLAN_TMPFS] = "tmpfs",
	[PLAN_PROC] = "proc",
	[PLAN_DEV] = "dev",
	[PLAN_FILE] = "file",
	[PLAN_DATA] = "data",
	[PLAN_MASK_FILE] = "mask-file",
	[PLAN_MASK_DIR] = "mask-dir",
	[PLAN_UNMOUNT] = "unmount",
	[PLAN_PIN] = "pin",
	[PLAN_LINK] = "link",
	[PLAN_REMOUNT_RO] = "remount-ro",
	[PLAN_SIZE] = "size",
	[PLAN_SHARE] = "share",
	[PLAN_CHDIR] = "chdir",
	[PLAN_SETENV] = "setenv",
	[PLAN_RLIMIT] = "rlimit",
	[PLAN_LANDLOCK] = "landlock",
	[PLAN_SECCOMP] = "seccomp",
	[PLAN_NON_DUMPABLE] = "non-dumpable",
};
static_assert(ARRAY_SIZE(plan_names) == PLAN_TYPES, "a plan type has no name");

static const char *const stage_names[] = {
	[PLAN_STAGE_NONE] = "none", [PLAN_STAGE_LAUNCH] = "launch", [PLAN_STAGE_BWRAP] = "bwrap",
	[PLAN_STAGE_FD] = "fd",	    [PLAN_STAGE_INIT] = "init",
};
static_assert(ARRAY_SIZE(stage_names) == PLAN_STAGES, "a plan stage has no name");

const char *plan_type_name(enum plan_type t)
{
	return (size_t)t < ARRAY_SIZE(plan_names) ? plan_names[t] : "?";
}

const char *plan_stage_name(enum plan_stage s)
{
	return (size_t)s < ARRAY_SIZE(stage_names) ? stage_names[s] : "?";
}

bool plan_is_mount(enum plan_type t)
{
	return t == PLAN_RO_BIND || t == PLAN_RW_BIND || t == PLAN_TMPFS || t == PLAN_PROC || t == PLAN_DEV ||
	       t == PLAN_DATA || t == PLAN_MASK_FILE || t == PLAN_MASK_DIR || t == PLAN_PIN || t == PLAN_LINK;
}

struct plan_op *plan_add(struct plan *p, struct plan_op op)
{
	if (p->n == p->cap) {
		size_t cap = p->cap > 0 ? p->cap * 2 : 64;

		p->op = xrealloc_array(p->op, cap, sizeof(*p->op));
		p->cap = cap;
	}
	p->op[p->n] = op;
	return &p->op[p->n++];
}

struct plan_op *plan_find(const struct plan *p, enum plan_type type, const char *dst)
{
	for (size_t i = 0; i < p->n; i++) {
		struct plan_op *op = &p->op[i];

		if (op->type == type && (dst == NULL || (op->dst != NULL && streq(op->dst, dst))))
			return op;
	}
	return NULL;
}

static void op_done(struct plan_op *op)
{
	free(op->src);
	free(op->via);
	free(op->dst);
	free(op->data);
	free(op->why);
	memset(op, 0, sizeof(*op));
}

void plan_del(struct plan *p, struct plan_op *op)
{
	size_t i = (size_t)(op - p->op);

	op_done(op);
	memmove(op, op + 1, (p->n - i - 1) * sizeof(*op));
	p->n--;
}

void plan_done(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		op_done(&p->op[i]);
	free(p->op);
	strv_done(&p->command);
	*p = (struct plan){ 0 };
}

static bool has_number(enum plan_type t)
{
	return t == PLAN_UID || t == PLAN_GID || t == PLAN_KERNEL_UID || t == PLAN_RLIMIT ||
	       t == PLAN_LANDLOCK || t == PLAN_SIZE || t == PLAN_SHARE || t == PLAN_LIMIT;
}

static void dump_op_json(const struct plan_op *op, FILE *out)
{
	fprintf(out, "{\"type\":\"%s\",\"stage\":\"%s\"", plan_type_name(op->type),
		plan_stage_name(op->stage));
	if (op->src != NULL) {
		fputs(",\"src\":", out);
		jsonout_string(out, op->src);
	}
	if (op->dst != NULL) {
		fputs(",\"dst\":", out);
		jsonout_string(out, op->dst);
	}
	if (has_number(op->type))
		fprintf(out, ",\"number\":%ld", op->number);
	if (op->data != NULL)
		fprintf(out, ",\"bytes\":%zu", op->len);
	if (op->secret)
		fputs(",\"secret\":true", out);
	fputs(",\"why\":", out);
	jsonout_string(out, op->why);
	putc('}', out);
}

bool plan_asks(const struct plan_op *op)
{
	for (size_t i = 0; i < op->len / sizeof(struct sock_filter); i++) {
		struct sock_filter insn;

		memcpy(&insn, op->data + i * sizeof(insn), sizeof(insn));
		if (insn.code == (BPF_RET | BPF_K) &&
		    (insn.k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF)
			return true;
	}
	return false;
}

int plan_dump_json(const struct plan *p, FILE *out, struct diag *d)
{
	fputs("{\"schema\":1,\n \"command\":[", out);
	for (size_t i = 0; i < p->command.n; i++) {
		if (i > 0)
			putc(',', out);
		jsonout_string(out, p->command.v[i]);
	}
	fputs("],\n \"ops\":[\n  ", out);
	for (size_t i = 0; i < p->n; i++) {
		if (i > 0)
			fputs(",\n  ", out);
		dump_op_json(&p->op[i], out);
	}
	fputs("\n ]}\n", out);
	return diag_flush(d, out, "writing the plan");
}

void plan_dump_text(const struct plan *p, FILE *out)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_op *op = &p->op[i];

		fprintf(out, "%-6s %s", plan_stage_name(op->stage), plan_type_name(op->type));
		if (op->src != NULL) {
			putc(' ', out);
			log_escape(out, op->src);
		}
		if (op->dst != NULL) {
			fputs(op->src != NULL ? " -> " : " ", out);
			log_escape(out, op->dst);
		}
		if (has_number(op->type))
			fprintf(out, " %ld", op->number);
		if (op->data != NULL && op->type != PLAN_SECCOMP && !op->secret)
			fprintf(out, " (%zu bytes)", op->len);
		fputs("  # ", out);
		log_escape(out, op->why);
		putc('\n', out);
	}
}
