/* SPDX-License-Identifier: MIT */
/* Building the record that init gets: from plan, policy and what identifies the host. */
#include "recordmake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/filter.h>

#include "filter.h"
#include "limit.h"
#include "mem.h"
#include "util.h"

struct blob {
	char *p; /* owned */
	size_t len, cap;
	struct record_check *check; /* owned */
	size_t ncheck;
	struct record_rule *rule; /* owned */
	size_t nrule;
};

static uint32_t put(struct blob *b, const void *data, size_t n)
{
	size_t at = (b->len + 7) & ~(size_t)7;

	if (at + n > b->cap) {
		b->cap = (at + n) * 2;
		b->p = xrealloc_array(b->p, b->cap, 1);
	}
	memset(b->p + b->len, 0, at - b->len);
	if (n > 0)
		memcpy(b->p + at, data, n);
	b->len = at + n;
	return (uint32_t)at;
}

static uint32_t put_text(struct blob *b, const char *s)
{
	return put(b, s, strlen(s) + 1);
}

static void add_check(struct blob *b, enum check_id id, const char *text, uint64_t number)
{
	struct record_check c = { .id = id, .text = text != NULL ? put_text(b, text) : 0, .number = number };

	b->check = xrealloc_array(b->check, b->ncheck + 1, sizeof(*b->check));
	b->check[b->ncheck++] = c;
}

/* The mount is of the object that the policy judged, not of what took its name since. */
static void add_same(struct blob *b, const struct policy_entry *e)
{
	if (e->ino == 0)
		return;
	add_check(b, CHECK_SAME, e->path, e->ino);
	b->check[b->ncheck - 1].device = e->dev;
}

static const char *const ns_names[] = { "user", "pid", "ipc", "uts", "cgroup", "mnt", "net" };

int recordmake_identify(struct recordmake_host *ret, struct diag *d)
{
	*ret = (struct recordmake_host){ .mnt = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC) };
	for (size_t i = 0; i < ARRAY_SIZE(ns_names); i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns_names[i]);
		if (stat(path, &st) < 0 || ret->mnt < 0)
			return diag_errno(d, -errno, "%s", path);
		ret->ns[i] = st.st_ino;
	}
	return 0;
}

static uint64_t device_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_dev : 0;
}

/* What a setting opened is proved to be open. */
static enum check_id opened(enum check_id id, const struct policy *policy)
{
	static const struct {
		enum check_id closed, open;
		unsigned filter;
	} openings[] = {
		{ CHECK_NO_PTRACE, CHECK_DEBUG, FILTER_DEBUG },
		{ CHECK_NO_UNSHARE, CHECK_USERNS, FILTER_USERNS },
		{ CHECK_NO_VSOCK, CHECK_VSOCK, FILTER_VSOCK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(openings); i++)
		if (openings[i].closed == id && (policy->filter & openings[i].filter))
			return openings[i].open;
	return id;
}

static void add_process_checks(struct blob *b, const struct policy *policy,
			       const struct recordmake_host *host)
{
	static const enum check_id plain[] = {
		CHECK_PID_1,	    CHECK_CAPS_EMPTY, CHECK_BOUNDING_EMPTY, CHECK_NO_NEW_PRIVS,
		CHECK_NON_DUMPABLE, CHECK_ENV_EMPTY,  CHECK_FDS_KNOWN,	    CHECK_STDIO_NO_FILE,
		CHECK_HOSTNAME,	    CHECK_CORE_LIMIT,
	};
	static const enum check_id filtered[] = {
		CHECK_FILTERED,	 CHECK_NO_MOUNT, CHECK_NO_UNSHARE,
		CHECK_NO_PTRACE, CHECK_NO_VSOCK, CHECK_NO_TIOCSTI,
	};

	/* First: when it misses, init has capabilities, and other words would mislead. */
	if (policy->disable_userns)
		add_check(b, CHECK_NO_NESTED, NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		add_check(b, plain[i], NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ns_names); i++)
		if (!(policy->net_host && streq(ns_names[i], "net")))
			add_check(b, CHECK_NS_OTHER, ns_names[i], host->ns[i]);
	for (size_t i = 0; i < ARRAY_SIZE(filtered) && !policy->no_seccomp; i++)
		add_check(b, opened(filtered[i], policy), NULL, 0);
	if (policy->filter & FILTER_USERNS && !policy->no_seccomp)
		add_check(b, CHECK_NO_MOUNT_NESTED, NULL, 0);
	if (policy->filter & FILTER_I386 && !policy->no_seccomp) {
		add_check(b, CHECK_CALLS_32, NULL, 0);
		add_check(b, CHECK_NO_MOUNT_32, NULL, 0);
	}
	if (policy->blocked.n > 0)
		add_check(b, CHECK_EXEC_ASKED, PLAN_INIT, 0);
	add_check(b, CHECK_OPEN_FILES, NULL, LIMIT_OPEN_FILES);
	if (policy->limit[LIMIT_DISK].n > 0)
		add_check(b, CHECK_FILE_SIZE, NULL, policy->limit[LIMIT_DISK].n);
	add_check(b, CHECK_UID, NULL, policy->uid);
	add_check(b, CHECK_GID, NULL, policy->gid);
	if (!policy->tty_direct)
		add_check(b, CHECK_TTY_OWN, NULL, device_of("/dev/pts"));
	if (policy->landlock_abi >= 2)
		add_check(b, CHECK_LANDLOCKED, PLAN_UNRULED, 0);
	if (!policy->net_host)
		add_check(b, CHECK_NO_ROUTE, NULL, 0);
	if (policy->egress != POLICY_EGRESS_NONE)
		add_check(b, CHECK_EGRESS, NULL, 0);
}

/* of: what it is a part of. */
static void add_size(struct blob *b, const struct policy *policy, const char *path, const char *of)
{
	add_check(b, CHECK_SIZE, path, (uint64_t)limit_share(policy, of, NULL));
}

static void add_path_checks(struct blob *b, const struct policy *policy)
{
	/* First: what was swapped would miss other checks too, with words that mislead. */
	for (size_t i = 0; i < policy->nentry; i++)
		add_same(b, &policy->entry[i]);
	add_check(b, CHECK_READ_ONLY, "/", 0);
	if ((policy->filter & FILTER_USERNS) == 0)
		add_check(b, CHECK_READ_ONLY, "/proc", 0);
	add_check(b, CHECK_PROC_SYS, "/proc/sys/kernel/core_pattern", 0);
	add_check(b, CHECK_FRESH, "/proc", device_of("/proc"));
	add_check(b, CHECK_FRESH, "/dev", device_of("/dev"));
	add_check(b, CHECK_FRESH, "/dev/shm", device_of("/dev/shm"));
	add_size(b, policy, "/dev", "/dev");
	for (size_t i = 0; i < policy->nentry; i++) {
		const struct policy_entry *e = &policy->entry[i];

		switch (e->access) {
		case POLICY_READ:
			add_check(b, CHECK_READ_ONLY, e->path, 0);
			if (e->part == POLICY_EXTRA || e->asked)
				add_check(b, CHECK_OPEN, e->path, 0);
			break;
		case POLICY_WRITE:
			add_check(b, CHECK_WRITABLE, e->path, 0);
			break;
		case POLICY_PRIVATE:
			add_check(b, CHECK_FRESH, e->path, device_of(e->path));
			add_size(b, policy, e->path, e->part == POLICY_HOME ? policy->home : e->path);
			break;
		case POLICY_HIDDEN:
			add_check(b, CHECK_CLOSED, e->path, 0);
			break;
		case POLICY_EMPTY:
			if (e->by_mode)
				break;
			add_check(b, CHECK_FRESH, e->path, device_of(e->path));
			break;
		case POLICY_LINK:
		case POLICY_FILE:
		case POLICY_COPY:
		case POLICY_ACCESSES:
			break;
		}
	}
	for (size_t i = 0; i < policy->pin.n; i++)
		add_check(b, CHECK_PINNED, policy->pin.v[i], 0);
	if (policy->ssh_agent)
		add_check(b, CHECK_ANSWERS, POLICY_SSH_AGENT, 0);
	/* What was bound from there would open. */
	for (size_t i = 0; i < policy->nentry; i++)
		if (policy->entry[i].via != NULL)
			add_check(b, CHECK_CLOSED, policy->entry[i].via, 0);
	for (size_t i = 0; i < policy->ncred; i++)
		add_check(b, policy->cred[i].opened_by != NULL ? CHECK_OPEN : CHECK_CLOSED,
			  policy->cred[i].path, 0);
}

static uint32_t put_vector(struct blob *b, const struct strv *v)
{
	AUTO_FREE uint32_t *at = xcalloc(v->n + 1, sizeof(*at));

	for (size_t i = 0; i < v->n; i++)
		at[i] = put_text(b, v->v[i]);
	return put(b, at, (v->n + 1) * sizeof(*at));
}

static void add_rule(struct blob *b, const struct plan_op *op)
{
	b->rule = xrealloc_array(b->rule, b->nrule + 1, sizeof(*b->rule));
	b->rule[b->nrule++] =
	    (struct record_rule){ .path = put_text(b, op->dst), .rights = (uint32_t)op->number };
}

static void put_limit(struct record *r, const struct plan_op *op)
{
	if (streq(op->dst, "core"))
		r->core_limit = op->number == 1;
	else if (streq(op->dst, "nofile"))
		r->open_files = (uint32_t)op->number;
	else if (streq(op->dst, "fsize"))
		r->file_size = (uint64_t)op->number;
}

enum record_listener recordmake_listener(const struct plan_op *op, const struct policy *policy)
{
	if (!plan_asks(op))
		return RECORD_LISTENER_NONE;
	return policy->tell_or_fail || (policy->filter & FILTER_EXEC) != 0 ? RECORD_LISTENER_MUST
									   : RECORD_LISTENER_MAY;
}

static void put_plan(struct blob *b, const struct plan *plan, const struct policy *policy, struct record *r)
{
	AUTO_STRV struct strv env = { 0 };

	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];

		if (op->type == PLAN_SETENV)
			strv_addf(&env, "%s=%s", op->src, op->data);
		else if (op->type == PLAN_CHDIR)
			r->cwd = put_text(b, op->dst);
		else if (op->type == PLAN_RLIMIT)
			put_limit(r, op);
		else if (op->type == PLAN_NON_DUMPABLE)
			r->non_dumpable = 1;
		else if (op->type == PLAN_LANDLOCK)
			add_rule(b, op);
		else if (op->type == PLAN_SECCOMP) {
			r->nfilter = (uint32_t)(op->len / sizeof(struct sock_filter));
			r->filter = put(b, op->data, op->len);
			r->listener = recordmake_listener(op, policy);
		}
	}
	r->nrule = (uint32_t)b->nrule;
	r->rule = put(b, b->rule, b->nrule * sizeof(*b->rule));
	r->env = put_vector(b, &env);
	r->nenv = (uint32_t)env.n;
	r->argv = put_vector(b, &plan->command);
	r->nargv = (uint32_t)plan->command.n;
}

int recordmake_open(struct diag *d)
{
	int fd = memfd_create("claude-sandbox-record", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? diag_errno(d, -errno, "memfd_create") : fd;
}

int recordmake(const struct plan *plan, const struct policy *policy, const struct recordmake_host *host,
	       const struct recordmake_opts *opts, int fd, uint32_t *ret_checks, struct diag *d)
{
	struct record r = { .magic = RECORD_MAGIC,
			    .new_session = opts->new_session,
			    .terminals = opts->terminals,
			    .foreground = opts->foreground,
			    .umask = opts->umask,
			    .skip_proof = opts->skip_proof,
			    .skip_command = opts->skip_command,
			    .spare = opts->spare,
			    .spare_end = opts->spare_end,
			    .landlock_abi = (uint32_t)policy->landlock_abi };
	struct blob b = { 0 };
	size_t done = 0;

	put(&b, &r, sizeof(r));
	r.cwd = put_text(&b, "");
	put_plan(&b, plan, policy, &r);
	add_process_checks(&b, policy, host);
	add_path_checks(&b, policy);
	r.ncheck = (uint32_t)b.ncheck;
	*ret_checks = r.ncheck;
	r.check = put(&b, b.check, b.ncheck * sizeof(*b.check));
	r.size = (uint32_t)b.len;
	memcpy(b.p, &r, sizeof(r));
	while (done < b.len) {
		ssize_t w = write(fd, b.p + done, b.len - done);

		if (w < 0)
			break;
		done += (size_t)w;
	}
	free(b.p);
	free(b.check);
	free(b.rule);
	if (done < r.size ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return diag_errno(d, -errno, "sealing the record for init");
	return 0;
}

void recordmake_words(const struct record_report *report, char *buf, size_t n)
{
	static const struct {
		const char *probe, *words;
	} checks[] = {
#define CHECK(id, probe, words) { probe, words },
#include "data/checks.def"
#undef CHECK
	};
	const char *words, *at, *probe;

	if (report->check >= ARRAY_SIZE(checks)) {
		snprintf(buf, n, "an unknown check");
		return;
	}
	words = checks[report->check].words;
	probe = checks[report->check].probe;
	at = strstr(words, "%s");
	snprintf(buf, n, "%.*s%s%s%s%s%s", at != NULL ? (int)(at - words) : (int)strlen(words), words,
		 at != NULL ? report->text : "", at != NULL ? at + 2 : "", probe != NULL ? " (probe " : "",
		 probe != NULL ? probe : "", probe != NULL ? ")" : "");
}
