/* SPDX-License-Identifier: MIT */
/*
 * One arm: starts the driver inside a box, reads what it streams, asks the
 * witness outside, and puts both together.
 *
 * Should: start the boxed arm through run_plan, exactly as a launch does.
 * Mustn't: judge. A stream that is not complete leaves rows unseen.
 */
#include "runner/suite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary_autorun.h"
#include "canary_tty.h"
#include "doctor.h"
#include "log.h"
#include "mem.h"
#include "outside.h"
#include "path.h"
#include "pin.h"
#include "run.h"
#include "spawn.h"
#include "util.h"

#define BOX_SWEEP_SECONDS 3.0 /* to end what the open arm left running */
#define BOX_END_MS	  20000
#define BOX_IDLE_SECONDS  5.0 /* for a box to be built, and for the driver to end what is late */

static size_t box_result_size(size_t n)
{
	return sizeof(struct box_result) + n * sizeof(struct box_obs);
}

struct box_result *box_result_new(const struct suite *s)
{
	struct box_result *r = mmap(NULL, box_result_size(s->manifest.n), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (r == MAP_FAILED)
		return NULL;
	r->n = s->manifest.n;
	return r;
}

void box_result_free(struct box_result *r)
{
	if (r != NULL)
		munmap(r, box_result_size(r->n));
}

/* --- the plan */

static char *box_dup(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

struct plan box_copy_plan(const struct plan *plan)
{
	struct plan copy = { 0 };

	for (size_t i = 0; i < plan->n; i++) {
		struct plan_op op = plan->op[i];

		op.src = box_dup(op.src);
		op.via = box_dup(op.via);
		op.dst = box_dup(op.dst);
		op.why = box_dup(op.why);
		/* The byte behind the data is copied too where it is a string's end. */
		if (op.data != NULL) {
			char *data = xcalloc(1, op.len + 1);

			memcpy(data, op.data, op.len);
			op.data = data;
		}
		plan_add(&copy, op);
	}
	for (size_t i = 0; i < plan->command.n; i++)
		strv_add(&copy.command, plan->command.v[i]);
	return copy;
}

void box_add_harness(struct plan *plan, const char *probes)
{
	const struct plan_op *root = plan_find(plan, PLAN_REMOUNT_RO, "/");
	size_t at = root != NULL ? (size_t)(root - plan->op) : plan->n;
	struct plan_op op = {
		.type = PLAN_RO_BIND,
		.stage = PLAN_STAGE_BWRAP,
		.src = xstrdup(probes),
		.dst = xstrdup(SUITE_PROBES),
		.why = xstrdup("harness of the security test: the probe programs"),
	};

	plan_add(plan, op);
	memmove(plan->op + at + 1, plan->op + at, (plan->n - 1 - at) * sizeof(*plan->op));
	plan->op[at] = op;
	strv_done(&plan->command);
	strv_add(&plan->command, SUITE_PROBES "/driver");
}

/* --- what the driver is told */

enum box_rows box_rows_of(const struct manifest_row *row)
{
	if (strv_has(&row->needs, OUTSIDE_INPUT "NONE"))
		return BOX_NOBODY;
	for (size_t i = 0; i < row->needs.n; i++)
		if (str_starts(row->needs.v[i], OUTSIDE_INPUT))
			return BOX_OUTSIDE;
	return BOX_INSIDE;
}

bool box_is_outside(const struct manifest_row *row)
{
	return box_rows_of(row) != BOX_INSIDE;
}

bool box_ends_egress(const struct manifest_row *row)
{
	return strv_has(&row->needs, OUTSIDE_INPUT "LAST");
}

/* In your own box only what does no harm runs, and what needs nothing that only a scratch box has. */
static bool box_asks(const struct box_job *job, size_t i)
{
	const struct manifest_row *row = &job->suite->manifest.row[i];

	if (box_is_ending(row) || (job->rows != BOX_ALL && job->rows != box_rows_of(row)))
		return false;
	/* Standard error, where a terminal goes in, is the file of CANARY_STDERR there. */
	if (job->suite->selected[i] && job->where == REPORT_SCRATCH && job->arm == REPORT_BOXED &&
	    strv_has(&row->needs, "CANARY_TTY"))
		return canary_has_input(job->site, "CANARY_TTY");
	if (!job->suite->selected[i] || job->where == REPORT_SCRATCH)
		return job->suite->selected[i];
	/* ... and the report has one row of it in any case. */
	if (strv_has(&row->needs, "CANARY_TTY"))
		return true;
	for (size_t k = 0; k < row->needs.n; k++) {
		if (str_starts(row->needs.v[k], "CANARY_") && !canary_has_input(job->site, row->needs.v[k]))
			return false;
	}
	return row->where == MANIFEST_HARMLESS;
}

/* What a setting opened on purpose is no canary. */
static void box_etc(const struct box_job *job)
{
	AUTO_STRV struct strv files = { 0 };
	char *list = NULL;

	canary_etc(&files);
	for (size_t i = 0; i < files.n; i++) {
		bool opened = strchr(files.v[i], ',') != NULL;
		char *more;

		for (size_t k = 0; k < job->policy->nentry && !opened; k++)
			opened = job->policy->entry[k].part == POLICY_EXTRA &&
				 path_is_under(job->policy->entry[k].path, files.v[i]);
		if (opened)
			continue;
		more = list != NULL ? xasprintf("%s,%s", list, files.v[i]) : xstrdup(files.v[i]);
		free(list);
		list = more;
	}
	if (list != NULL && !canary_has_input(job->site, "CANARY_ETC"))
		canary_input(job->site, "CANARY_ETC", list);
	free(list);
}

/* System call filters that everything here is under; -1: this kernel does not count them. */
static int box_filters(void)
{
	AUTO_FILE FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	int n = -1;

	while (f != NULL && n < 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "Seccomp_filters: %d", &n) != 1)
			n = -1;
	return n;
}

static char *box_list(struct box_job *job, size_t *ret_len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, ret_len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0; i < job->site->input.n; i++)
		fprintf(f, "%s\n", job->site->input.v[i]);
	if (job->haste)
		fputs("CANARY_HASTE=1\n", f);
	if (box_filters() >= 0)
		fprintf(f, "CANARY_FILTERS=%d\n", box_filters());
	fprintf(f, "CANARY_ARM=%s\n\n", report_arm_name(job->arm));
	for (int last = 0; last < 2; last++)
		for (size_t i = 0; i < job->suite->manifest.n; i++) {
			const struct manifest_row *row = &job->suite->manifest.row[i];

			job->ret->obs[i].asked = box_asks(job, i);
			if (job->ret->obs[i].asked && box_ends_egress(row) == (last != 0))
				fprintf(f, "%s %g%s\n", row->id, row->deadline, row->alone ? " alone" : "");
		}
	fclose(f);
	return text;
}

/* --- starting */

struct box_start {
	struct box_job *job;
	int in, out, err;
};

/* Descriptors that run_plan gets must not stand where the canaries' numbers are. */
static int box_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 320);

	return high >= 0 ? high : fd;
}

static void box_cause(struct box_result *r, const struct diag *d)
{
	snprintf(r->cause, sizeof(r->cause), "%s%s%s", d->msg, d->try[0] != '\0' ? "; try: " : "", d->try);
}

void box_drop_landlock(const struct box_job *job, struct plan *plan)
{
	for (size_t i = plan->n; job->no_landlock && i-- > 0;)
		if (plan->op[i].type == PLAN_LANDLOCK)
			plan_del(plan, &plan->op[i]);
}

/* It has hosts outside. */
static bool box_is_beside(const struct box_job *job)
{
	return job->rows == BOX_OUTSIDE || job->rows == BOX_NOBODY;
}

static int box_boxed(void *arg)
{
	struct box_start *b = arg;
	struct box_job *job = b->job;
	struct account account = { 0 };
	/* What is moved away stays beside, by another name. */
	struct quarantine none = { .policy = job->policy,
				   .dir = -1,
				   .tried = true,
				   .why = { .code = -ENOENT, .msg = "no folder for it" } };
	bool watch = job->rows != BOX_OUTSIDE && canary_has_input(job->site, "CANARY_WATCHED");
	AUTO_FREE char *watched = watch ? path_join(job->site->project, CANARY_WATCHED_DIR) : NULL;
	struct run_opts opts = {
		.libexec = job->suite->libexec,
		.stdio = { box_high(b->in), box_high(b->out), box_high(b->err) },
		.status_fd = -1,
		.quarantine = watch ? &none : NULL,
		.watched = watched,
		.egress_log = -1,
		.flows = -1,
		.skip_proof = job->skip_proof,
		.skip_command = job->only_proof,
		.wrong = job->wrong,
		.attacks = true,
		.account = &account,
	};
	struct run_result res = { 0 };
	struct diag d = { 0 };
	int r;

	/* Each refusal of egress, and its end, would be a line on our own standard error: what fails is in d. */
	if (box_is_beside(job) && dup2(job->site->stderr_fd, STDERR_FILENO) < 0)
		log_set(LOG_QUIET);
	canary_leak(job->site);
	box_drop_landlock(job, job->plan);
	r = run_plan(job->plan, job->policy, &opts, &res, &d);
	/* The hosts that are refused are those that the probes try; so is all of what is in the other one. */
	for (size_t i = 0; i < account.n; i++)
		account.fact[i].said = account.fact[i].said || account.fact[i].kind == ACCOUNT_HOST;
	if (!box_is_beside(job))
		account_say(&account);
	account_done(&account);
	snprintf(job->ret->miss, sizeof(job->ret->miss), "%s", res.miss);
	job->ret->checks = res.checks;
	if (r < 0) {
		job->ret->refused = true;
		if (r == -ECHILD && job->host != NULL)
			job->ret->host = doctor_explain(job->host, &d);
		box_cause(job->ret, &d);
		return 1;
	}
	return res.exit_code;
}

static int box_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

/* User and mount namespaces in which the caller is root: every act that needs a capability can be tried. */
static int box_unshare(void)
{
	AUTO_FREE char *uid = xasprintf("0 %u 1", geteuid()), *gid = xasprintf("0 %u 1", getegid());

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -errno;
	if (box_write("/proc/self/setgroups", "deny") < 0 || box_write("/proc/self/uid_map", uid) < 0)
		return -EIO;
	return box_write("/proc/self/gid_map", gid);
}

static int box_idle(void *arg)
{
	(void)arg;
	/* The stream must end with the driver. */
	close(STDOUT_FILENO);
	syscall(SYS_close_range, 300u, ~0u, 0u);
	for (;;)
		pause();
	return 0;
}

/*
 * Everything open: what is denied here is not denied by the sandbox. Made by
 * hand, not by bwrap: an idle process beside the driver, in the same user
 * namespace, is what "another process of the user" is to the probes.
 */
static int box_open(void *arg)
{
	struct box_start *b = arg;
	const struct box_job *job = b->job;
	const struct policy *p = job->policy;
	int fd[3] = { box_high(b->in), box_high(b->out), box_high(b->err) };
	AUTO_FREE char *driver = xasprintf("%s/driver", job->probes);
	pid_t parent = getppid();
	struct spawn idle;

	if (geteuid() == 0 && (setgroups(p->ngroups, p->groups) < 0 ||
			       setresgid(p->kernel_gid, p->kernel_gid, p->kernel_gid) < 0 ||
			       setresuid(p->kernel_uid, p->kernel_uid, p->kernel_uid) < 0))
		return 1;
	/* A change of credentials takes it away: without it not even /proc/self/uid_map is one's own. */
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (box_unshare() < 0 || chdir(job->site->project) < 0)
		return 1;
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	spawn_die_with(parent);
	canary_tty_take(job->site);
	setenv("HOME", job->site->home, 1);
	/* As inside: the caller's may lead nowhere. */
	unsetenv("TMPDIR");
	canary_leak(job->site);
	for (int i = 0; i < 3; i++) {
		if (dup2(fd[i], i) < 0)
			return 1;
	}
	if (spawn_start(&idle, box_idle, NULL) < 0)
		return 1;
	/* The idle process is to be the stronger one by something that no probe needs. */
	prctl(PR_CAPBSET_DROP, CAP_WAKE_ALARM, 0, 0, 0);
	execl(driver, driver, (char *)NULL);
	return 1;
}

/* --- the end of egress, which a probe of the box asks for */

/* A process of that name, with that parent; 0: there is none, or nobody may see it. */
static pid_t box_find_child(pid_t parent, const char *name)
{
	DIR *proc = opendir("/proc");
	pid_t found = 0;

	for (const struct dirent *e; proc != NULL && found == 0 && (e = readdir(proc)) != NULL;) {
		AUTO_FREE char *path = xasprintf("/proc/%s/stat", e->d_name);
		AUTO_FILE FILE *f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "re") : NULL;
		char comm[32];
		int pid, above;

		if (f != NULL && fscanf(f, "%d (%31[^)]) %*c %d", &pid, comm, &above) == 3 &&
		    above == parent && str_starts(comm, name))
			found = pid;
	}
	if (proc != NULL)
		closedir(proc);
	return found;
}

/* True: it is gone. */
static bool box_kill(pid_t pid)
{
	AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0)
		return errno == ESRCH;
	/* Each ends by itself when the other has; its parent may reap it before the signal. */
	if (syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return false;
	return poll(&p, 1, BOX_END_MS) == 1;
}

/* The relay and who makes sockets for it; their parent only waits for them. True: they are gone. */
static bool box_kill_egress(pid_t launcher)
{
	pid_t waiter = box_find_child(launcher, "egress"),
	      pid = waiter > 0 ? box_find_child(waiter, "egress") : 0;
	bool gone = pid > 0;

	for (; gone && pid > 0; pid = box_find_child(waiter, "egress"))
		gone = box_kill(pid);
	return gone;
}

struct box_ender {
	const struct box_job *job;
	pid_t launcher;
};

/* Where the plan has no egress there is nothing to end, and who asks goes on. */
static int box_end_egress(void *arg)
{
	const struct box_ender *b = arg;
	const struct box_job *job = b->job;
	bool has = job->arm == REPORT_BOXED && plan_find(job->plan, PLAN_EGRESS, NULL) != NULL;
	char c;

	while (read(job->site->oracle.ender, &c, 1) == 1) {
		c = !has || box_kill_egress(b->launcher) ? ORACLE_ENDED : 'x';
		if (write(job->site->oracle.ender, &c, 1) != 1)
			break;
	}
	return 0;
}

/* --- what came back */

/* True when every test answers a question, and there are as many as questions. */
static bool box_answers(const struct box_job *job, const struct tap *tap)
{
	struct box_result *r = job->ret;
	size_t asked = 0;

	for (size_t i = 0; i < r->n; i++)
		asked += r->obs[i].asked;
	for (size_t i = 0; i < tap->n; i++) {
		const struct manifest_row *row = manifest_find(&job->suite->manifest, tap->test[i].id);
		size_t at = row != NULL ? (size_t)(row - job->suite->manifest.row) : 0;

		/* A probe that nobody asked for: somebody else wrote into the stream. */
		if (row == NULL || !r->obs[at].asked) {
			snprintf(r->cause, sizeof(r->cause),
				 "the box answered for a probe that was not asked: %s", tap->test[i].id);
			return false;
		}
	}
	if (tap->complete && tap->n != asked) {
		snprintf(r->cause, sizeof(r->cause), "the box answered %zu of %zu probes", tap->n, asked);
		return false;
	}
	return true;
}

/* How the driver ended, NULL: well. As the launcher's exit code tells it, or as our own child's status. */
static char *box_ended_badly(const struct spawn *child)
{
	int code = WIFEXITED(child->status) ? WEXITSTATUS(child->status) : 128 + WTERMSIG(child->status);

	if (child->late)
		return xstrdup("it was killed at the deadline");
	if (code > 128)
		return xasprintf("the driver was ended by signal %d", code - 128);
	return code == 0 ? NULL : xasprintf("the driver ended with exit code %d", code);
}

/* A driver that did not end well may have been somebody else at the end: its stream proves nothing. */
static void box_take(struct box_job *job, const struct spawn_out *out, const struct spawn *child)
{
	struct box_result *r = job->ret;
	AUTO_TAP struct tap tap = { 0 };
	AUTO_FREE char *bad = box_ended_badly(child);

	tap_parse(out->buf, out->n, &tap);
	if (!box_answers(job, &tap))
		return;
	for (size_t i = 0; i < tap.n; i++) {
		const struct manifest_row *row = manifest_find(&job->suite->manifest, tap.test[i].id);

		if (row != NULL)
			r->obs[row - job->suite->manifest.row].test = tap.test[i];
	}
	r->ran = tap.complete && !r->late && !out->flood && bad == NULL;
	if (r->ran || r->cause[0] != '\0')
		return;
	if (!out->flood && !r->late && tap.complete)
		snprintf(r->cause, sizeof(r->cause), "the probes' stream proves nothing: %s", bad);
	else
		snprintf(r->cause, sizeof(r->cause), "the probes' stream is broken: %s%s%s",
			 out->flood ? "too much output"
			 : r->late  ? "not finished in time"
				    : tap.wrong,
			 bad != NULL && !out->flood && !r->late ? "; " : "",
			 bad != NULL && !out->flood && !r->late ? bad : "");
}

static bool box_needs(const struct manifest_row *row, const char *name)
{
	return strv_has(&row->needs, name);
}

/* A hit is explained when a probe that uses the input says so itself. */
static bool box_explained(const struct box_job *job, const char *name)
{
	for (size_t i = 0; i < job->suite->manifest.n; i++) {
		if (job->ret->obs[i].test.seen == TAP_ALLOWED &&
		    box_needs(&job->suite->manifest.row[i], name))
			return true;
	}
	return false;
}

static void box_accuse(struct box_job *job, const char *name, const char *words)
{
	bool any = false;

	if (box_explained(job, name))
		return;
	for (size_t i = 0; i < job->suite->manifest.n; i++) {
		struct box_obs *o = &job->ret->obs[i];

		if (!o->asked || !box_needs(&job->suite->manifest.row[i], name))
			continue;
		any = true;
		snprintf(o->oracle, sizeof(o->oracle), "oracle: %s %s", name, words);
	}
	/* No row of its own: then whatever ran is to blame, and nothing may pass. */
	for (size_t i = 0; !any && i < job->suite->manifest.n; i++) {
		struct box_obs *o = &job->ret->obs[i];

		if (o->asked && !manifest_is_function(&job->suite->manifest.row[i]))
			snprintf(o->oracle, sizeof(o->oracle), "oracle: %s %s, by an unknown probe", name,
				 words);
	}
}

/* Rows that use an input of the witness only to know what to look for: they send it nothing. */
static bool box_only_looks(const char *id)
{
	static const char *const ids[] = {
		"cred-runtime-dir",  "env-session-handles", "fs-tmp-host", "ipc-sock-diag",
		"ipc-unix-table",    "net-connections",	    "net-listen",  "ns-pid-scan",
		"ns-weaker-process", "tty-other",
	};

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (streq(ids[i], id))
			return true;
	return false;
}

/*
 * What the control arm claims to have done to the witness, the witness must have
 * seen: else nobody tried anything, and a denial in the box means nothing. Nor does one
 * mean anything in either arm where what must arrive did not.
 */
static void box_doubt(struct box_job *job, const char *name, bool control)
{
	for (size_t i = 0; i < job->suite->manifest.n; i++) {
		const struct manifest_row *row = &job->suite->manifest.row[i];
		struct tap_test *t = &job->ret->obs[i].test;

		if ((t->seen != TAP_ALLOWED && !(control && t->seen == TAP_DENIED)) ||
		    !box_needs(row, name) || box_only_looks(row->id))
			continue;
		t->seen = TAP_UNKNOWN;
		snprintf(t->err, sizeof(t->err), "0");
		snprintf(t->detail, sizeof(t->detail), "%s: nothing arrived at the witness outside", name);
	}
}

static void box_ask_oracle(struct box_job *job)
{
	struct oracle *o = &job->site->oracle;
	AUTO_STRV struct strv changed = { 0 };

	if (!oracle_sync(o)) {
		job->ret->ran = false;
		snprintf(job->ret->cause, sizeof(job->ret->cause), "the witness outside died during the run");
		return;
	}
	for (size_t i = 0; i < o->n; i++) {
		const char *name = o->spot[i].name;
		bool first = true, control = oracle_must_come(o, name);

		for (size_t k = 0; k < i; k++)
			first = first && !streq(o->spot[k].name, name);
		if (first && (control || job->arm == REPORT_OPEN) && oracle_hits(o, name) == 0)
			box_doubt(job, name, control);
		if (first && !control && job->arm == REPORT_BOXED && oracle_hits(o, name) > 0)
			box_accuse(job, name, oracle_words(o, name));
	}
	if (job->arm == REPORT_OPEN)
		return;
	canary_changed(job->site, &changed);
	for (size_t i = 0; i < changed.n; i++)
		box_accuse(job, changed.v[i], "was changed");
}

/* The throw-away secrets of the run must not stand in a report either. */
static void box_hide(char *text, const char *secret)
{
	size_t n = strlen(secret);

	for (char *p; n > 0 && (p = strstr(text, secret)) != NULL;)
		memset(p, '*', n);
}

static void box_hide_all(struct box_job *job)
{
	for (size_t i = 0; i < job->ret->n; i++) {
		struct tap_test *t = &job->ret->obs[i].test;

		box_hide(t->detail, job->site->text);
		box_hide(t->step, job->site->text);
		box_hide(t->detail, job->site->token);
		box_hide(t->step, job->site->token);
	}
}

/*
 * Files that a box has of its own, mounted over the host's. Where the host replaces one, as useradd does, the kernel
 * takes the mount off: from then on that box shows the new file, which is the host's doing and no answer of ours.
 */
static const char *const box_covered[] = { "/etc/passwd", "/etc/group", "/etc/hosts" };

static void box_look(struct stat st[])
{
	for (size_t i = 0; i < ARRAY_SIZE(box_covered); i++)
		if (stat(box_covered[i], &st[i]) < 0)
			st[i] = (struct stat){ 0 };
}

static void box_look_again(struct box_result *r, const struct stat before[])
{
	struct stat now[ARRAY_SIZE(box_covered)];

	box_look(now);
	for (size_t i = 0; i < ARRAY_SIZE(box_covered); i++)
		/* The number of an inode is given again soon; its time of change is not. */
		if (now[i].st_ino != before[i].st_ino || now[i].st_dev != before[i].st_dev ||
		    now[i].st_ctim.tv_sec != before[i].st_ctim.tv_sec ||
		    now[i].st_ctim.tv_nsec != before[i].st_ctim.tv_nsec)
			snprintf(r->replaced, sizeof(r->replaced), "%s", box_covered[i]);
}

/*
 * How long a driver that is alive can be silent: it reports each probe when that has ended or is ended. Without it
 * a driver that hangs would cost the arm's whole time.
 */
static double box_idle_seconds(const struct box_job *job)
{
	double longest = 0;

	for (size_t i = 0; i < job->ret->n; i++)
		if (job->ret->obs[i].asked && job->suite->manifest.row[i].deadline > longest)
			longest = job->suite->manifest.row[i].deadline;
	return longest + BOX_IDLE_SECONDS;
}

void box_run(struct box_job *job)
{
	double start = spawn_now(), end = start + pin_arm_seconds, idle;
	size_t len = 0;
	AUTO_FREE char *list = NULL;
	struct spawn_out out = { .fd = -1 }, *outs[] = { &out };
	struct box_start b = { .job = job, .in = -1, .out = -1, .err = -1 };
	struct stat before[ARRAY_SIZE(box_covered)];
	struct spawn child, ender = { 0 };
	struct box_ender end_by = { .job = job };
	bool in_time;

	box_look(before);
	if (end > job->suite->end)
		end = job->suite->end;
	box_etc(job);
	list = box_list(job, &len);
	canary_seal(job->site);
	/* Nothing but us ends what the open arm leaves: it has no pid namespace. */
	if (job->arm == REPORT_OPEN)
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	b.in = spawn_feed(list, len);
	b.out = spawn_pipe(&out, TAP_MAX_BYTES);
	b.err = job->site->stderr_fd >= 0 ? job->site->stderr_fd : STDERR_FILENO;
	if (job->arm == REPORT_BOXED && canary_tty_fd(job->site) >= 0)
		b.err = canary_tty_fd(job->site);
	if (b.in < 0 || b.out < 0 ||
	    spawn_start(&child, job->arm == REPORT_BOXED ? box_boxed : box_open, &b) < 0) {
		snprintf(job->ret->cause, sizeof(job->ret->cause), "no pipe or process for the %s arm",
			 report_arm_name(job->arm));
		spawn_out_done(&out);
		return;
	}
	close(b.in);
	close(b.out);
	end_by.launcher = child.pid;
	/* Without it the row that asks gets no answer, and says so. */
	if (job->site->oracle.ender >= 0)
		spawn_start(&ender, box_end_egress, &end_by);
	idle = box_idle_seconds(job);
	in_time = spawn_drain(outs, 1, end, idle);
	if (end > spawn_now() + idle)
		end = spawn_now() + idle;
	/* Who floods us is not waited for, nor who was silent too long. */
	spawn_wait(&child, out.flood || !in_time ? 0 : end + 1.0);
	spawn_kill(&ender);
	if (job->arm == REPORT_OPEN)
		spawn_sweep(spawn_now() + BOX_SWEEP_SECONDS);
	job->ret->late = !in_time || (child.late && !out.flood);
	if (!job->only_proof && !job->ret->refused)
		box_take(job, &out, &child);
	if (!job->only_proof)
		box_ask_oracle(job);
	box_hide_all(job);
	box_look_again(job->ret, before);
	job->ret->seconds = spawn_now() - start;
	spawn_out_done(&out);
}
