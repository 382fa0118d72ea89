/* SPDX-License-Identifier: MIT */
/*
 * What outlives a box.
 *
 * DOC: theory of operation
 * Each row whose id begins with "ns-outlive" has a box of its own, whose command the probe is: it leaves a process that
 * says a byte on standard error, and ends, or, where the id ends with "-kill", waits while we kill the launcher. Each
 * orphan becomes our child (PR_SET_CHILD_SUBREAPER of prctl(2)): the one that the probe left is told by its name.
 *
 * Mustn't: judge. Everything runs in a process of its own (ending_body), which what is left becomes a child of.
 */
#include "runner/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "path.h"
#include "run.h"
#include "spawn.h"
#include "util.h"

#define ENDING_BYTE   '\006' /* probes/outlive.h */
#define ENDING	      "ns-outlive"
#define ENDING_KILL   "-kill"
#define ENDING_KILLED 20.0 /* seconds that a box has to end when nobody is left to wait for it */
#define ENDING_SWEEP  5.0

struct ending {
	const struct box_job *job;
	const char *id;
	struct tap_test *seen;
	bool killed;
	int err; /* the pipe's end that the box gets */
};

bool box_is_ending(const struct manifest_row *row)
{
	return str_starts(row->id, ENDING);
}

static bool ending_kills(const char *id)
{
	size_t n = strlen(id), m = strlen(ENDING_KILL);

	return n > m && streq(id + n - m, ENDING_KILL);
}

static void ending_says(struct tap_test *t, enum tap_seen seen, const char *step, const char *words)
{
	t->seen = seen;
	snprintf(t->err, sizeof(t->err), "0");
	snprintf(t->step, sizeof(t->step), "%s", step);
	snprintf(t->detail, sizeof(t->detail), "%s", words);
}

/* --- the process that is the launcher, or in the control arm what a box would be around */

static int ending_boxed(void *arg)
{
	const struct ending *e = arg;
	const struct box_job *job = e->job;
	AUTO_PLAN struct plan plan = box_copy_plan(job->plan);
	struct account account = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct run_opts opts = {
		.libexec = job->suite->libexec,
		.stdio = { null, null, e->err },
		.status_fd = -1,
		.egress_log = -1,
		.flows = -1,
		.skip_proof = job->skip_proof,
		.wrong = job->wrong,
		.account = &account,
	};
	struct run_result res = { 0 };
	struct diag d = { 0 };
	int r;

	log_set(LOG_QUIET);
	box_drop_landlock(job, &plan);
	strv_done(&plan.command);
	strv_addf(&plan.command, SUITE_PROBES "/%s", e->id);
	r = run_plan(&plan, job->policy, &opts, &res, &d);
	account_done(&account);
	if (r < 0)
		ending_says(e->seen, TAP_UNKNOWN, "run_plan", d.msg);
	return r < 0 ? 1 : res.exit_code;
}

static int ending_open(void *arg)
{
	const struct ending *e = arg;
	const struct policy *p = e->job->policy;
	AUTO_FREE char *probe = path_join(e->job->probes, e->id);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (geteuid() == 0 && (setgroups(p->ngroups, p->groups) < 0 ||
			       setresgid(p->kernel_gid, p->kernel_gid, p->kernel_gid) < 0 ||
			       setresuid(p->kernel_uid, p->kernel_uid, p->kernel_uid) < 0))
		return 1;
	if (dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(e->err, 2) < 0)
		return 1;
	execl(probe, probe, (char *)NULL);
	return 1;
}

/* Whether the byte comes before the time is over; other words are the box's own complaints. */
static bool ending_hear(int fd, double end)
{
	for (double left; (left = end - spawn_now()) > 0;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char buf[512];
		ssize_t n;

		if (poll(&p, 1, (int)(left * 1000) + 1) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n == 0)
			return false;
		if (n > 0 && memchr(buf, ENDING_BYTE, (size_t)n) != NULL)
			return true;
	}
	return false;
}

static void ending_watch(const struct ending *e)
{
	bool waits = e->job->arm == REPORT_BOXED && e->killed;
	bool gone = !waits && spawn_has_called(e->id) ? false : spawn_gone(spawn_now() + ENDING_KILLED);

	if (gone)
		ending_says(e->seen, TAP_DENIED, "waitpid", "nothing that was inside is left");
	else if (spawn_has_called(e->id))
		ending_says(e->seen, TAP_ALLOWED, "waitpid",
			    e->killed ? "a process lives on after its launcher was killed"
				      : "a process lives on after the command has ended");
	else
		ending_says(e->seen, TAP_UNKNOWN, "waitpid", "somebody lives on, by another name");
}

static void ending_row(struct ending *e, double deadline)
{
	struct spawn child = { 0 };
	double end = spawn_now() + deadline;
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0) {
		ending_says(e->seen, TAP_UNKNOWN, "pipe2", "no pipe");
		return;
	}
	e->err = p[1];
	if (spawn_start(&child, e->job->arm == REPORT_BOXED ? ending_boxed : ending_open, e) < 0)
		ending_says(e->seen, TAP_UNKNOWN, "fork", "no process");
	mem_close_fd(&p[1]);
	if (child.pid > 0 && ending_hear(p[0], end)) {
		if (e->killed)
			spawn_kill(&child);
		else
			spawn_wait(&child, end);
		if (child.late)
			ending_says(e->seen, TAP_TIMEOUT, "waitpid", "the box did not end");
		else
			ending_watch(e);
	} else if (e->seen->seen == TAP_NOTHING) {
		ending_says(e->seen, TAP_UNKNOWN, "read", "the probe left no process that says so");
	}
	if (child.pid > 0)
		spawn_kill(&child);
	mem_close_fd(&p[0]);
}

/* Who cleans up behind a killed launcher may be at it still. */
static void ending_reap(const struct box_job *job)
{
	spawn_gone(spawn_now() + (job->arm == REPORT_BOXED ? ENDING_SWEEP : 0));
	spawn_sweep(spawn_now() + ENDING_SWEEP);
}

int ending_body(void *arg)
{
	const struct box_job *job = arg;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (size_t i = 0; i < job->ret->n; i++) {
		const struct manifest_row *row = &job->suite->manifest.row[i];
		struct tap_test *t = &job->ret->obs[i].test;
		struct ending e = { .job = job, .id = row->id, .seen = t, .killed = ending_kills(row->id) };
		double start = spawn_now();

		if (!job->ret->obs[i].asked)
			continue;
		snprintf(t->id, sizeof(t->id), "%s", row->id);
		ending_row(&e, row->deadline);
		t->seconds = spawn_now() - start;
		ending_reap(job);
	}
	return 0;
}
