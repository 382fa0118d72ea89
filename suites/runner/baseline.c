/* SPDX-License-Identifier: MIT */
/*
 * Where the baseline lies, who may write it, and when a report may become one.
 * One file for each project, since plan and configuration are the project's:
 * one for all would differ with each change of the directory. The stamp that
 * launches look at is one for all: it holds what the machine is when a baseline
 * of the state folder was accepted or held; --accept-baseline=FILE touches
 * nothing but FILE.
 */
#include "runner/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate/gate.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "notice.h"
#include "path.h"
#include "publish.h"
#include "report/baseline.h"
#include "state.h"
#include "trust.h"
#include "util.h"

char *baseline_path(const struct suite *s, const struct prepared *p, struct diag *d)
{
	AUTO_FREE char *dir = NULL;
	AUTO_FREE char *name = NULL;

	if (s->conf.baseline_file != NULL)
		return xstrdup(s->conf.baseline_file);
	dir = state_dir(s->env);
	if (dir == NULL) {
		diag_set(d, -ENOENT, "there is no state folder: neither XDG_STATE_HOME nor HOME is set");
		diag_try(d, "a file: --baseline=FILE, --accept-baseline=FILE");
		return NULL;
	}
	name = state_baseline(p->policy.project);
	return path_join(dir, name);
}

/* The directory of the baseline, opened, when no sandbox and nobody else can write there. */
static int baseline_dir(const struct suite *s, const struct prepared *p, const char *path, bool create,
			struct diag *d)
{
	AUTO_FREE char *dir = path_dirname(path);
	int r = trust_file(&p->policy, path, d), fd;

	if (r < 0)
		return r;
	if (s->conf.baseline_file == NULL)
		return state_open(dir, create, d);
	r = state_place(path, d);
	if (r < 0)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	diag_errno(d, -errno, "%s", dir);
	if (d->code == -ENOENT && create)
		diag_try(d, "a directory that exists");
	return d->code;
}

static int baseline_load(const struct suite *s, const struct prepared *p, const char *path,
			 struct baseline *ret, struct diag *d)
{
	AUTO_CLOSE int dir = baseline_dir(s, p, path, false, d);
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	int r;

	*ret = (struct baseline){ 0 };
	if (dir < 0)
		return dir;
	r = state_read(dir, path_basename(path), path, JSON_MAX_LARGE_BYTES, &text, &len, d);
	return r < 0 ? r : baseline_parse(path, text, len, ret, d);
}

/* --- comparing */

static void baseline_none(const struct suite *s, const struct prepared *p, const char *path, struct diag *d)
{
	char file[DIAG_WORD], project[DIAG_WORD];

	diag_set(d, -ENOENT, "there is none yet: %s", path);
	diag_try(d, "claude-sandbox --security-test --accept-baseline%s%s %s, and read what it accepts",
		 s->conf.baseline_file != NULL ? "=" : "",
		 s->conf.baseline_file != NULL ? diag_word(file, sizeof(file), path) : "",
		 diag_word(project, sizeof(project), p->policy.project));
}

/* A gate must not be green because nothing was there to compare with. */
static char *baseline_refusal(const struct diag *d)
{
	/* The excerpt below the first line is for a terminal. */
	return xasprintf("%.*s%s%s", (int)strcspn(d->msg, "\n"), d->msg, d->try[0] != '\0' ? "; try: " : "",
			 d->try);
}

/* Notes beside the baseline `path` of the state folder what this machine is. */
static int baseline_stamp(const char *path, const struct prepared *p, struct diag *d)
{
	AUTO_FREE char *folder = path_dirname(path);
	AUTO_CLOSE int dir = state_open(folder, false, d);
	struct notice_stamp stamp = notice_now(&p->host);
	AUTO_FREE char *text = notice_text(&stamp);
	int r = dir < 0 ? dir : publish_text(dir, NOTICE_FILE, text, strlen(text), 0600);

	return dir >= 0 && r < 0 ? diag_errno(d, r, "%s/%s", folder, NOTICE_FILE) : r;
}

/* A whole run that holds is as good as an accepted one for launches; where it can't be noted it still holds. */
static void baseline_held(const struct suite *s, const struct prepared *p, const char *path)
{
	struct diag d = { 0 };

	if (s->conf.baseline_file != NULL || s->report.only.n > 0 || s->report.exit_code != SUITE_PASS)
		return;
	if (baseline_stamp(path, p, &d) < 0)
		log_note("launches go on comparing with an older security test: %s", d.msg);
}

void baseline_check(struct suite *s, const struct prepared *p)
{
	struct report_baseline *b = &s->report.baseline;
	struct baseline before = { 0 };
	struct diag d = { 0 };
	int r = 0;
	char *worse;

	b->asked = true;
	b->file = baseline_path(s, p, &d);
	if (b->file == NULL)
		r = d.code;
	if (r == 0)
		r = baseline_load(s, p, b->file, &before, &d);
	if (r == -ENOENT && b->file != NULL)
		baseline_none(s, p, b->file, &d);
	if (r < 0)
		b->refused = baseline_refusal(&d);
	else
		baseline_compare(&before, &s->report, b);
	worse = baseline_worse(b);
	if (worse != NULL)
		gate_add(&s->report, REPORT_PROBLEM_MEMORY, REPORT_VERDICT_FAIL, worse);
	else
		baseline_held(s, p, b->file);
	baseline_done(&before);
}

/* --- accepting */

/* What may be measured by is a run that passed: findings are waived, with an owner and a date, not swallowed. */
static int baseline_may_accept(const struct report *r, struct diag *d)
{
	const char *cause = r->cause != NULL ? r->cause : "no reason is known";

	/* Also one that --fail-on leaves out of the verdict. */
	for (size_t i = 0; i < r->n; i++) {
		if (r->probe[i].state != REPORT_FAIL)
			continue;
		diag_set(d, -EPERM, "the report is not accepted as baseline: it has a finding, %s",
			 r->probe[i].id);
		diag_try(d, "mending it, or a waiver for each finding that is to stay (--waivers FILE)");
		return d->code;
	}
	if (r->verdict == REPORT_VERDICT_PASS && r->exit_code == SUITE_PASS && r->n > 0)
		return 0;
	diag_set(d, -EPERM, "the report is not accepted as baseline: the verdict is %s: %.300s",
		 report_verdict_name(r->verdict), cause);
	return d->code;
}

/* What this baseline will no longer ask for. */
static void baseline_say_given_up(const struct report_baseline *b)
{
	for (size_t i = 0; i < b->nchange; i++) {
		const struct report_change *c = &b->change[i];

		if (c->kind == REPORT_REGRESSED || c->kind == REPORT_NEWLY_SKIPPED ||
		    c->kind == REPORT_VANISHED)
			log_security("accepted: %s (%s, %s): %s, was %s", c->id, report_arm_name(c->arm),
				     report_where_name(c->where),
				     c->after == REPORT_STATES ? "not there" : report_state_name(c->after),
				     report_state_name(c->before));
		if (c->layer_before != NULL)
			log_security("accepted: %s (%s, %s): no longer refused by %s", c->id,
				     report_arm_name(c->arm), report_where_name(c->where), c->layer_before);
	}
	for (size_t i = 0; i < b->nenvironment; i++)
		if (b->environment[i].worse)
			log_security("accepted: %s %s, was %s", b->environment[i].name,
				     b->environment[i].after != NULL ? b->environment[i].after : "unknown",
				     b->environment[i].before);
}

static void baseline_say(const struct suite *s, const struct prepared *p, const char *path)
{
	struct report_baseline changes = { 0 };
	struct baseline before;
	struct diag d = { 0 };
	int r = baseline_load(s, p, path, &before, &d);

	for (size_t i = 0; i < s->report.n; i++) {
		const struct report_probe *row = &s->report.probe[i];

		if (row->state == REPORT_WAIVED)
			log_security("accepted: %s (%s): a finding that is waived", row->id,
				     report_where_name(row->where));
	}
	if (r == 0) {
		baseline_compare(&before, &s->report, &changes);
		baseline_say_given_up(&changes);
	} else if (r != -ENOENT) {
		log_security("the baseline that is replaced can't be read: %s", d.msg);
	}
	report_baseline_done(&changes);
	baseline_done(&before);
}

/* What can't be read back must not replace what can. */
static int baseline_check_text(const char *path, const char *text, size_t len, struct diag *d)
{
	struct baseline b;
	int r = baseline_parse(path, text, len, &b, d);

	baseline_done(&b);
	return r;
}

/*
 * What lies there is replaced when it is a report of ours, and nothing else: a slip of the hand must cost no
 * device, no pipe and no notes. -EPERM, -EINVAL or -EFBIG with the reason.
 */
static int baseline_may_replace(int dir, const char *path, struct diag *d)
{
	AUTO_FREE char *text = NULL;
	char word[DIAG_WORD];
	struct diag why = { 0 };
	size_t len = 0;
	int r = state_read(dir, path_basename(path), path, JSON_MAX_LARGE_BYTES, &text, &len, &why);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = baseline_is_report(path, text, len, &why);
	if (r == 0)
		return 0;
	diag_set(d, r, "what is there is no report of ours, and is left as it is: %.*s",
		 (int)strcspn(why.msg, "\n"), why.msg);
	diag_try(d, "another file, or remove it: rm %s", diag_word(word, sizeof(word), path));
	return r;
}

static int baseline_write(const struct suite *s, const struct prepared *p, const char *path, struct diag *d)
{
	AUTO_CLOSE int dir = baseline_dir(s, p, path, true, d);
	AUTO_FREE char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int r;

	if (f == NULL)
		mem_oom();
	report_write_json(&s->report, f);
	fclose(f);
	if (dir < 0)
		return dir;
	r = baseline_check_text(path, text, n, d);
	if (r == 0)
		r = baseline_may_replace(dir, path, d);
	if (r < 0)
		return r;
	baseline_say(s, p, path);
	r = publish_text(dir, path_basename(path), text, n, 0600);
	if (r < 0)
		return diag_errno(d, r, "%s", path);
	log_note("baseline: %s, %zu rows", path, s->report.n);
	return 0;
}

void baseline_accept(struct suite *s, const struct prepared *p)
{
	struct diag d = { 0 };
	AUTO_FREE char *path = NULL;
	const char *accepted = "no baseline was accepted: ";
	int r = baseline_may_accept(&s->report, &d);

	if (r == 0)
		path = baseline_path(s, p, &d);
	if (path != NULL)
		baseline_write(s, p, path, &d);
	if (d.code == 0 && s->conf.baseline_file == NULL) {
		accepted = "the baseline was accepted, but launches go on comparing with an older one: ";
		baseline_stamp(path, p, &d);
	}
	if (d.code == 0)
		return;
	log_error(&d);
	gate_add(&s->report, REPORT_PROBLEM_MEMORY, REPORT_VERDICT_FAIL,
		 xasprintf("%s%.*s", accepted, (int)strcspn(d.msg, "\n"), d.msg));
}
