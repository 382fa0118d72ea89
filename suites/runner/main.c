/* SPDX-License-Identifier: MIT */
/*
 * The suite: attacks a scratch box and the user's own, compares with an open
 * one, and writes the report. Started by claude-sandbox with its arguments.
 */
#include "runner/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conffile.h"
#include "gate/failon.h"
#include "gate/gate.h"
#include "gate/waivers.h"
#include "log.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "publish.h"
#include "report/secrets.h"
#include "spawn.h"
#include "util.h"
#include "verdict.h"

#define SUITE_SECONDS	     90.0
#define SUITE_MUTANT_SECONDS 600.0
#define SUITE_LAYER_SECONDS  300.0
#define SUITE_DESCRIPTORS    512
#define SUITE_READER_TRIES   50
#define SUITE_READER_WAIT    20000 /* microseconds */

static int suite_die(const struct diag *d, enum suite_exit code)
{
	progress_end();
	log_error(d);
	return (int)code;
}

/* --- what to run */

static void suite_find_self(struct suite *s, const char *argv0)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n < 0)
		n = snprintf(exe, sizeof(exe), "%s", argv0);
	exe[n] = '\0';
	s->libexec = path_dirname(exe);
	s->probes = path_join(s->libexec, "probes");
}

static bool suite_is_asked(const struct suite *s, const struct manifest_row *row)
{
	if (s->conf.only.n == 0)
		return true;
	for (size_t i = 0; i < s->conf.only.n; i++) {
		if (fnmatch(s->conf.only.v[i], row->id, 0) == 0)
			return true;
	}
	return false;
}

/* 0, or -EINVAL: that word of --only fits no probe, and would be tested by nobody. */
static int suite_check_only(const struct suite *s, const char *word, struct diag *d)
{
	const char **names;
	const char *near;

	for (size_t i = 0; i < s->manifest.n; i++)
		if (fnmatch(word, s->manifest.row[i].id, 0) == 0)
			return 0;
	names = xcalloc(s->manifest.n + 1, sizeof(*names));
	for (size_t i = 0; i < s->manifest.n; i++)
		names[i] = s->manifest.row[i].id;
	near = opt_nearest(word, names, s->manifest.n);
	free(names);
	diag_set(d, -EINVAL, "--only: no probe is called %.80s", word);
	diag_try(d, "%s", near != NULL ? near : "claude-sandbox --list-probes");
	return -EINVAL;
}

/* Rows that show that the box works are always run: a dead box contains everything. */
static int suite_select(struct suite *s, struct diag *d)
{
	for (size_t i = 0; i < s->conf.only.n; i++)
		if (suite_check_only(s, s->conf.only.v[i], d) < 0)
			return -EINVAL;
	s->selected = xcalloc(s->manifest.n + 1, sizeof(*s->selected));
	for (size_t i = 0; i < s->manifest.n; i++) {
		const struct manifest_row *row = &s->manifest.row[i];

		s->selected[i] = suite_is_asked(s, row) || (row->required && manifest_is_function(row));
	}
	return 0;
}

static int suite_list(const struct suite *s)
{
	for (size_t i = 0; i < s->manifest.n; i++) {
		const struct manifest_row *row = &s->manifest.row[i];

		if (suite_is_asked(s, row))
			printf("%-28s %-8s %-11s %-8s %s\n", row->id, row->threat,
			       row->where == MANIFEST_HARMLESS ? "harmless" : "destructive",
			       row->required ? "required" : "optional", row->title);
	}
	return fflush(stdout) == 0 ? SUITE_PASS : SUITE_INCOMPLETE;
}

/* --- where the report goes */

/*
 * A device or a pipe is written to as it is. A pipe whose reader is still being started is given a moment; one
 * without a reader would keep us waiting for ever.
 */
static int suite_open_special(const struct suite *s, const char *path, struct diag *d)
{
	int fd = -1, flags;

	for (int tries = 0; fd < 0 && tries < SUITE_READER_TRIES; tries++) {
		if (tries > 0)
			usleep(SUITE_READER_WAIT);
		fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (fd < 0 && errno != ENXIO)
			break;
	}
	if (fd < 0 && errno == ENXIO) {
		diag_set(d, -ENXIO, "--output %s: nobody reads from it", s->conf.output);
		diag_try(d, "a file, or start the reader first");
		return d->code;
	}
	flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		diag_errno(d, -errno, "--output %s", s->conf.output);
		if (fd >= 0)
			close(fd);
		return d->code;
	}
	return fd;
}

/* Opens an unnamed file beside the target, so that a report is there whole or not at all. */
static int suite_open_output(const struct suite *s, struct diag *d)
{
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *path = NULL;
	struct stat st;
	int fd;

	if (s->conf.output == NULL) {
		int flags = fcntl(STDOUT_FILENO, F_GETFL);

		fd = flags < 0 ? -1 : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 400);
		/* Also one that the launcher found closed, and holds for reading. */
		if (fd >= 0 && (flags & O_ACCMODE) == O_RDONLY) {
			mem_close_fd(&fd);
			errno = EBADF;
		}
		if (fd < 0) {
			diag_errno(d, -errno, "standard output, where the report goes");
			diag_try(d, "--output FILE");
		}
		return fd;
	}
	path = path_clean(s->cwd, s->conf.output);
	dir = path_dirname(path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		if (S_ISDIR(st.st_mode))
			return diag_set(d, -EISDIR, "--output %s: is a directory", s->conf.output);
		return suite_open_special(s, path, d);
	}
	if (stat(path, &st) == 0 && access(path, W_OK) < 0)
		return diag_errno(d, -errno, "--output %s", s->conf.output);
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	/* No link is followed: the directory may be one that a sandbox writes to. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		fd = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0) {
		diag_errno(d, -errno, "--output %s", s->conf.output);
		diag_try(d, "a directory that exists and that you may write to");
		return d->code;
	}
	return fd;
}

/* Gives the finished file its name, over an older one. */
static int suite_publish(const struct suite *s, int fd, struct diag *d)
{
	AUTO_FREE char *path = path_clean(s->cwd, s->conf.output);
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 0)
		return 0;
	r = publish_name(fd, AT_FDCWD, path);
	return r < 0 ? diag_errno(d, r, "--output %s", s->conf.output) : 0;
}

static int suite_write(const struct suite *s, int fd, struct diag *d)
{
	bool tty = s->conf.output == NULL && isatty(STDOUT_FILENO);
	bool color = s->conf.color == CONF_COLOR_ALWAYS || (s->conf.color == CONF_COLOR_AUTO && tty);
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int r = 0;

	if (f == NULL)
		mem_oom();
	switch (s->conf.format) {
	case CONF_FORMAT_TAP:
		report_write_tap(&s->report, f);
		break;
	case CONF_FORMAT_JSON:
		report_write_json(&s->report, f);
		break;
	case CONF_FORMAT_MARKDOWN:
		report_write_markdown(&s->report, f);
		break;
	case CONF_FORMAT_JUNIT:
		r = report_write_junit(&s->report, f);
		break;
	case CONF_FORMAT_TERMINAL:
	case CONF_FORMATS:
		report_write_terminal(&s->report, f, color, s->conf.verbose);
		break;
	}
	fclose(f);
	if (r < 0) {
		free(text);
		return diag_errno(d, r, "writing the report as XML");
	}
	r = publish_write(fd, text, n);
	free(text);
	if (r < 0)
		return diag_errno(d, r, "writing the report");
	/* Only a file that was opened by its name is longer than what was written now. */
	if (s->conf.output != NULL && ftruncate(fd, (off_t)n) == 0 && fsync(fd) < 0 && errno != EINVAL)
		return diag_errno(d, -errno, "writing the report");
	return s->conf.output != NULL ? suite_publish(s, fd, d) : 0;
}

/* --- the user's own box */

/* The rows that this home has and that nobody asked to open. */
static char *suite_creds(const struct policy *p)
{
	char *out = xstrdup("");

	for (size_t i = 0; i < p->ncred; i++) {
		char *more;

		if (p->cred[i].opened_by != NULL)
			continue;
		more = xasprintf("%s%s%s", out, out[0] != '\0' ? "," : "", p->cred[i].id);
		free(out);
		out = more;
	}
	return out;
}

static int suite_run_yours(struct suite *s, struct prepared *prep, const char *token, struct box_result *ret,
			   struct diag *d)
{
	AUTO_FREE char *creds = suite_creds(&prep->policy);
	AUTO_PLAN struct plan plan = box_copy_plan(&prep->plan);
	struct canary_site site;
	struct box_job job = { .suite = s,
			       .policy = &prep->policy,
			       .host = &prep->host,
			       .plan = &plan,
			       .site = &site,
			       .probes = s->probes,
			       .arm = REPORT_BOXED,
			       .where = REPORT_YOURS,
			       .ret = ret };
	int r = canary_outside(&site, prep->policy.home, prep->policy.project, creds, token,
			       prep->policy.kernel_uid, prep->policy.kernel_gid, d);

	if (r == 0)
		r = canary_start(&site, prep->policy.kernel_uid, prep->policy.kernel_gid, d);
	if (r == 0) {
		box_add_harness(&plan, s->probes);
		box_run(&job);
	}
	canary_done(&site);
	return r;
}

static void suite_openings(struct suite *s, const struct policy *p)
{
	for (size_t i = 0; i < p->openings.n; i++)
		strv_add(&s->report.open, p->openings.v[i]);
	for (size_t i = 0; i < p->weaker.n; i++)
		strv_add(&s->report.open, p->weaker.v[i]);
#define LEFT(threat, probe, words) strv_add(&s->report.open, threat ": " words "; probe: " probe);
#include "../report/open.def"
#undef LEFT
	for (size_t i = 0; i < p->ngroups; i++)
		if (p->groups[i] != p->kernel_gid)
			strv_addf(&s->report.notes,
				  "supplementary group %u stays in force: what it opens in a visible tree is "
				  "open inside",
				  p->groups[i]);
	names_of_policy(s, p);
}

/* --- one run */

/* A scratch box that this machine can't have: in the words for the machine. */
static void suite_host_cannot(struct suite *s, const struct prepared *prep, const struct scratch_facts *facts)
{
	AUTO_FREE char *cause = NULL;
	struct diag d = { 0 };

	if (!fingerprint_host_cannot(prep, &d)) {
		gate_error(&s->report,
			   facts->failed == SUITE_REFUSED ? REPORT_PROBLEM_REFUSED
			   : facts->failed == SUITE_HOST  ? REPORT_PROBLEM_HOST
			   : facts->failed == SUITE_USAGE ? REPORT_PROBLEM_USAGE
							  : REPORT_PROBLEM_INCOMPLETE,
			   facts->cause);
		return;
	}
	cause = xasprintf("%s; try: %s", d.msg, d.try);
	gate_error(&s->report, REPORT_PROBLEM_HOST, cause);
}

/* Whatever came of the control arm before it broke: what broke it may have made that too. */
static void suite_no_control(struct suite *s, const struct box_result *open)
{
	gate_add(&s->report, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_INCOMPLETE,
		 xasprintf("the control arm did not run to its end: %s",
			   open->cause[0] != '\0' ? open->cause : "no time was left"));
}

/* No verdict on a box that did not run. */
static bool suite_arms_failed(struct suite *s, const struct prepared *prep, const struct box_result *yours,
			      const struct box_result *boxed, const struct scratch_facts *facts,
			      bool scratch_ended)
{
	if (facts->failed != 0)
		suite_host_cannot(s, prep, facts);
	else if (yours->refused || boxed->refused)
		gate_error(&s->report, yours->host ? REPORT_PROBLEM_HOST : REPORT_PROBLEM_REFUSED,
			   yours->refused ? yours->cause : boxed->cause);
	else if (!scratch_ended && !boxed->ran && boxed->cause[0] == '\0')
		gate_error(&s->report, REPORT_PROBLEM_INCOMPLETE, "the scratch box did not end in time");
	else if (!boxed->ran || !yours->ran)
		gate_error(&s->report, REPORT_PROBLEM_INCOMPLETE, !boxed->ran ? boxed->cause : yours->cause);
	else
		return false;
	return true;
}

static void suite_judge(struct suite *s)
{
	waivers_apply(&s->report);
	failon_apply(s->conf.fail_on, &s->report);
	gate_judge(&s->report);
}

/* A test leaves your home as it is: what a launch would first make there is not made, and not tested. */
static int suite_prepare_yours(struct suite *s, char **env, struct prepared *prep, struct diag *d)
{
	int r;

	s->conf.claude_as_is = true;
	r = prepare(&s->conf, env, prep, d);
	s->conf.claude_as_is = false;
	if (r == 0 && prep->policy.claude.keep && prep->policy.make.n == 0)
		strv_add(&s->report.notes,
			 "your own box: without a record of this project, as there is none yet");
	return r;
}

/* While the scratch box is at work. */
static void suite_parts(struct suite *s)
{
	AUTO_FREE char *why = parts_check_probes(s);

	if (why != NULL)
		gate_error(&s->report, REPORT_PROBLEM_INCOMPLETE, why);
	if (!parts_are_pinned())
		strv_add(&s->report.notes,
			 "a suite for tests: it takes any probes, whatever it was built with");
}

static int suite_attack(struct suite *s, struct prepared *prep, struct diag *d)
{
	struct box_result *boxed = box_result_new(s), *open = box_result_new(s), *yours = box_result_new(s);
	struct scratch_facts *facts =
	    mmap(NULL, sizeof(*facts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct scratch_job job = { .suite = s, .boxed = boxed, .open = open, .facts = facts };
	AUTO_STRV struct strv env = { 0 };
	struct spawn scratch;
	char token[40];
	bool ended;
	int r;

	if (boxed == NULL || open == NULL || yours == NULL || facts == MAP_FAILED)
		mem_oom();
	progress_say("attacking the sandbox with %zu probes ...", s->manifest.n);
	r = spawn_start(&scratch, scratch_body, &job);
	if (r < 0)
		return diag_errno(d, r, "fork");
	canary_random(token, sizeof(token), "TOKEN-");
	strv_addf(&env, "CS_CANARY_TOKEN=%s", token);
	for (char **e = s->env; *e != NULL; e++)
		strv_add(&env, *e);
	r = suite_prepare_yours(s, env.v, prep, d);
	if (r == 0) {
		r = foresee(s, prep, d);
		s->wrong_line = r < 0;
	}
	if (r == 0)
		r = suite_run_yours(s, prep, token, yours, d);
	if (r < 0) {
		spawn_kill(&scratch);
		return r;
	}
	fingerprint_add(s, prep);
	suite_openings(s, &prep->policy);
	suite_parts(s);
	ended = spawn_wait(&scratch, s->end);
	if (!judge_all(s, boxed, open, yours))
		gate_error(&s->report, REPORT_PROBLEM_INCOMPLETE,
			   "libcheck counted otherwise than the report");
	else if (!suite_arms_failed(s, prep, yours, boxed, facts, ended)) {
		if (!open->ran)
			suite_no_control(s, open);
		suite_judge(s);
	} else if (!open->ran && facts->failed == 0)
		strv_addf(&s->report.notes, "control arm: %s", open->cause);
	strv_addf(&s->report.notes,
		  "boxed arm %.2f s, open arm %.2f s, your own box %.2f s, %u checks in the launch proof",
		  boxed->seconds, open->seconds, yours->seconds, yours->checks);
	box_result_free(boxed);
	box_result_free(open);
	box_result_free(yours);
	munmap(facts, sizeof(*facts));
	return 0;
}

/* Which of our exit codes a failed preparation is. */
static enum suite_exit suite_code(const struct suite *s, const struct prepared *prep, struct diag *d)
{
	struct diag host = { 0 };

	if (s->wrong_line)
		return SUITE_USAGE;
	if (fingerprint_host_cannot(prep, &host)) {
		*d = host;
		return SUITE_HOST;
	}
	switch (prep->phase) {
	case PREPARE_HOST:
		return SUITE_HOST;
	case PREPARE_REQUEST:
		return SUITE_USAGE;
	case PREPARE_PARTS:
	case PREPARE_PLAN:
		break;
	}
	return SUITE_REFUSED;
}

/* Both after the last verdict: what is kept, and measured, is the finished report. */
static void suite_baseline(struct suite *s, const struct prepared *p)
{
	switch (s->conf.baseline) {
	case CONF_BASELINE_COMPARE:
		baseline_check(s, p);
		break;
	case CONF_BASELINE_ACCEPT:
		baseline_accept(s, p);
		break;
	case CONF_BASELINE_NONE:
		break;
	}
}

static int suite_run(struct suite *s, struct diag *d)
{
	AUTO_CLOSE int out = suite_open_output(s, d);
	struct prepared prep = { 0 };
	int r;

	if (out < 0)
		return suite_die(d, SUITE_USAGE);
	if (scratch_choose(s, d) < 0)
		return suite_die(d, SUITE_INCOMPLETE);
	r = suite_attack(s, &prep, d);
	if (r < 0) {
		scratch_clean(s);
		conf_show(&s->conf, d);
		return suite_die(d, suite_code(s, &prep, d));
	}
	if (s->conf.mutants && s->report.judged && s->report.problem[REPORT_PROBLEM_INCOMPLETE] == NULL) {
		mutate_all(s);
		gate_mutants(&s->report);
	}
	if (s->conf.layers && s->report.judged && s->report.problem[REPORT_PROBLEM_INCOMPLETE] == NULL)
		layers_all(s);
	scratch_clean(s);
	secrets_hide_all(&s->report, s->env);
	s->report.seconds = spawn_now() - s->start;
	progress_end();
	suite_baseline(s, &prep);
	prepare_done(&prep);
	/* Last: what compares reports needs the names. */
	if (s->conf.redact || s->conf.format == CONF_FORMAT_MARKDOWN)
		report_redact(&s->report);
	if (suite_write(s, out, d) < 0)
		return suite_die(d, SUITE_INCOMPLETE);
	return s->report.exit_code;
}

/* Reads the rules and the waivers of this run, as of today; nothing was run yet. */
static int suite_gate(struct suite *s, struct diag *d)
{
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	int r = failon_check(s->conf.fail_on, &s->manifest, d);

	if (r < 0 || s->conf.waivers == NULL)
		return r;
	r = conffile_text(s->conf.waivers, s->conf.waivers, &text, &n, d);
	if (r < 0) {
		struct diag why = *d;

		diag_set(d, r, "waivers (%s): %s", s->conf.waivers_origin, why.msg);
		if (why.try[0] != '\0')
			diag_try(d, "%s", why.try);
	}
	if (r == 0)
		r = waivers_parse(s->conf.waivers, text, n, &s->manifest, (long)(time(NULL) / 86400),
				  &s->report, d);
	if (r == 0)
		waivers_expire(&s->report);
	return r;
}

/* Canaries and pipes stand at fixed high numbers, out of the way of whatever the boxes open. */
static int suite_check_descriptors(struct diag *d)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= SUITE_DESCRIPTORS)
		return 0;
	diag_set(d, -EMFILE, "too few file descriptors: ulimit -n %lu, and the test needs %d",
		 (unsigned long)l.rlim_cur, SUITE_DESCRIPTORS);
	diag_try(d, "ulimit -n 1024");
	return d->code;
}

/* libcheck leaves the process where it finds no place for its file: looked for before, and said. */
static int suite_find_tmp(struct diag *d)
{
	const char *const dirs[] = { getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm", "/run" };
	char room[4096] = "";

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		AUTO_FREE char *path =
		    xasprintf("%s/claude-sandbox.XXXXXX", dirs[i] != NULL ? dirs[i] : "/tmp");
		AUTO_CLOSE int fd = mkstemp(path);
		bool fits = fd >= 0 && write(fd, room, sizeof(room)) == (ssize_t)sizeof(room);

		diag_errno(d, -errno, "a temporary file in %s", dirs[i] != NULL ? dirs[i] : "/tmp");
		if (fd >= 0)
			unlink(path);
		if (!fits)
			continue;
		setenv("TMPDIR", dirs[i] != NULL ? dirs[i] : "/tmp", 1);
		*d = (struct diag){ 0 };
		return 0;
	}
	diag_try(d, "TMPDIR=DIR with room");
	return d->code;
}

/* The driver is told of paths line by line. */
static int suite_check_lines(const struct suite *s, struct diag *d)
{
	AUTO_FREE char *project = realpath(s->conf.project, NULL);
	AUTO_FREE char *home = realpath(s->home, NULL);
	const char *what = project != NULL && strchr(project, '\n') != NULL ? "project"
			   : strchr(s->home, '\n') != NULL || (home != NULL && strchr(home, '\n') != NULL)
			       ? "home"
			       : NULL;

	if (what == NULL)
		return 0;
	diag_set(d, -EINVAL, "the path of the %s has a line break: it can't be tested there", what);
	diag_try(d, "a directory without one in its path");
	return -EINVAL;
}

static void suite_done(struct suite *s)
{
	report_done(&s->report);
	manifest_done(&s->manifest);
	conf_done(&s->conf);
	free(s->selected);
	free(s->cwd);
	free(s->home);
	free(s->libexec);
	free(s->probes);
	free(s->scratch);
	free(s->disk);
}

static int suite_main(struct suite *s)
{
	AUTO_FREE char *path = path_join(s->probes, "MANIFEST");
	struct diag d = { 0 };

	if (conf_load(s->argc, s->argv, s->env, s->cwd, s->home, &s->conf, &d) < 0)
		return suite_die(&d, SUITE_USAGE);
	/* The hosts of the suite are its own, and behind no proxy. */
	free(s->conf.upstream);
	s->conf.upstream = NULL;
	log_set(s->conf.quiet ? LOG_QUIET : s->conf.verbose ? LOG_VERBOSE : LOG_NORMAL);
	if (manifest_load(path, &s->manifest, &d) < 0)
		return suite_die(&d, SUITE_INCOMPLETE);
	if (s->conf.mode == CONF_LIST_PROBES)
		return suite_list(s);
	if (parts_check(s, &d) < 0)
		return suite_die(&d, SUITE_INCOMPLETE);
	if (suite_check_descriptors(&d) < 0)
		return suite_die(&d, SUITE_HOST);
	if (suite_find_tmp(&d) < 0)
		return suite_die(&d, SUITE_INCOMPLETE);
	s->env = environ;
	if (suite_check_lines(s, &d) < 0 || suite_select(s, &d) < 0 || suite_gate(s, &d) < 0)
		return suite_die(&d, SUITE_USAGE);
	names_of_caller(s);
	for (size_t i = 0; i < s->conf.only.n; i++)
		strv_add(&s->report.only, s->conf.only.v[i]);
	s->end = s->start + (s->conf.mutants ? SUITE_MUTANT_SECONDS : SUITE_SECONDS) +
		 (s->conf.layers ? SUITE_LAYER_SECONDS : 0);
	return suite_run(s, &d);
}

/* Attempts that came out as they should. */
static size_t suite_passed(const struct suite *s)
{
	return report_count(&s->report, REPORT_BOXED, REPORT_PASS) +
	       report_count(&s->report, REPORT_BOXED, REPORT_WAIVED) +
	       report_count(&s->report, REPORT_BOXED, REPORT_NOW_PASSING);
}

int main(int argc, char **argv)
{
	struct suite s = { .argc = argc, .argv = argv, .env = environ, .start = spawn_now() };
	const char *home = getenv("HOME");
	int code;

	signal(SIGPIPE, SIG_IGN);
	/* Ignored by the caller, it would let the kernel reap our children before us. */
	signal(SIGCHLD, SIG_DFL);
	s.verdict_fd = verdict_listen();
	s.cwd = getcwd(NULL, 0);
	if (s.cwd == NULL)
		s.cwd = xstrdup("/");
	s.home = xstrdup(home != NULL ? home : "");
	suite_find_self(&s, argv[0]);
	code = suite_main(&s);
	verdict_say(s.verdict_fd, code, suite_passed(&s));
	suite_done(&s);
	return code;
}
