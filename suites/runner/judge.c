/* SPDX-License-Identifier: MIT */
/*
 * From observations to verdicts. One TCase a probe, arm and box, run by
 * libcheck; each judges one row, in this process: a judgement is a pure
 * function of what was observed, and the probes ran in processes of their own.
 */
#include "runner/suite.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/skip.h"
#include "evidence.h"
#include "mem.h"
#include "runner/remedy.h"
#include "util.h"

struct judge_task {
	const struct manifest_row *row;
	const struct box_result *result;
	const struct box_obs *obs, *control; /* control: the open arm's */
};

static const struct judge_task *judge_tasks;
static struct report *judge_report;
static const struct suite *judge_suite;

/* True when a denial by that errno is what the manifest says. */
static bool judge_errno_fits(const struct manifest_row *row, const char *err)
{
	for (size_t i = 0; row->denied_by[i] != NULL; i++) {
		if (streq(row->denied_by[i], err))
			return true;
	}
	return row->denied_by[0] == NULL;
}

enum report_state judge_boxed(const struct manifest_row *row, const struct box_obs *obs)
{
	switch (obs->test.seen) {
	case TAP_NOTHING:
	case TAP_UNKNOWN:
	case TAP_KILLED:
		return REPORT_ERROR;
	case TAP_TIMEOUT:
		return REPORT_TIMEOUT;
	case TAP_NA:
		/* Nothing was tried, says the probe, and something arrived. */
		return obs->oracle[0] == '\0' ? REPORT_SKIP : REPORT_FAIL;
	case TAP_ALLOWED:
		return row->boxed == MANIFEST_BOXED_ALLOWED && obs->oracle[0] == '\0' ? REPORT_PASS
										      : REPORT_FAIL;
	case TAP_DENIED:
		return row->boxed == MANIFEST_BOXED_DENIED && judge_errno_fits(row, obs->test.err) &&
			       obs->oracle[0] == '\0'
			   ? REPORT_PASS
			   : REPORT_FAIL;
	case TAP_SEENS:
		break;
	}
	return REPORT_ERROR;
}

/* Skipped, with what the probe said as the text. */
static void judge_skip(struct report_probe *p, const char *detail)
{
	p->state = REPORT_SKIP;
	p->skip = skip_of(detail);
	free(p->reason);
	p->reason = skip_words(detail);
}

/* What the kernel itself answered in the control arm; NULL: it was not asked. */
static const char *judge_measured(const struct tap_test *open)
{
	return open->seen == TAP_ALLOWED || open->seen == TAP_DENIED ? open->err : NULL;
}

static const char *judge_answer(const char *err)
{
	return streq(err, "0") ? "success" : err;
}

/* NULL unless the kernel answers calibrated arguments otherwise than it was measured to. Owned by the caller. */
static char *judge_calibration(const struct manifest_row *row, const struct tap_test *open)
{
	const char *measured = row->calibrated != NULL ? judge_measured(open) : NULL;

	if (measured == NULL || streq(measured, row->calibrated))
		return NULL;
	return xasprintf("the kernel answers %s where %s was calibrated: who refused can't be told",
			 judge_answer(measured), judge_answer(row->calibrated));
}

/* NULL when the control arm shows that a denial means something, else why not. Owned by the caller. */
static char *judge_control(const struct judge_task *t)
{
	const struct tap_test *open = &t->control->test;
	char *moved = judge_calibration(t->row, open);

	if (moved != NULL)
		return moved;
	if (open->seen == TAP_ALLOWED)
		return NULL;
	if (open->seen == TAP_NOTHING)
		return xstrdup("the control arm did not run");
	return xasprintf("the control arm saw %s %s: %s", tap_seen_name(open->seen), open->err, open->detail);
}

static char *judge_why_boxed(const struct judge_task *t, enum report_state state)
{
	const struct tap_test *test = &t->obs->test;

	if (t->obs->oracle[0] != '\0')
		return xstrdup(t->obs->oracle);
	switch (state) {
	case REPORT_ERROR:
		if (test->seen == TAP_NOTHING)
			return xasprintf("no result came%s%s", t->result->cause[0] != '\0' ? ": " : "",
					 t->result->cause);
		return xasprintf("%s: %s",
				 test->seen == TAP_KILLED ? "the probe crashed" : "the probe could not tell",
				 test->detail);
	case REPORT_TIMEOUT:
		return xasprintf("the probe did not end within %g s", t->row->deadline);
	case REPORT_FAIL:
		if (test->seen == TAP_DENIED && t->row->boxed == MANIFEST_BOXED_DENIED)
			return xasprintf("denied, but by %s", test->err);
		return NULL;
	case REPORT_SKIP:
	case REPORT_PASS:
	case REPORT_WAIVED:
	case REPORT_NOW_PASSING:
	case REPORT_INCONCLUSIVE:
	case REPORT_STATES:
		break;
	}
	return NULL;
}

const char *judge_layer(const struct suite *s, const struct manifest_row *row, const struct box_obs *obs)
{
	const struct evidence_seen seen = { .id = row->id,
					    .err = obs->test.err[0] != '\0' ? obs->test.err : "0",
					    .step = obs->test.step,
					    .calibrated = row->open == MANIFEST_OPEN_CALIBRATED,
					    .landlock_abi = s->landlock_abi };

	return evidence_layer(&seen);
}

bool judge_overtaken(const struct box_result *boxed, const char *id)
{
	static const char *const ids[] = { "cred-accounts", "ok-names" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (boxed->replaced[0] != '\0' && streq(id, ids[i]))
			return true;
	return false;
}

/* Whether the list, with blanks between, has the word of n characters. */
static bool judge_has(const char *list, const char *word, size_t n)
{
	for (; *list != '\0'; list += strcspn(list, " "), list += *list == ' ')
		if (strcspn(list, " ") == n && strncmp(list, word, n) == 0)
			return true;
	return false;
}

/* A probe that tries many things names those that it finds open: are these the ones that were asked for, and no more? */
static bool judge_only(const char *detail, const char *allowed)
{
	static const char *const before[] = { "get past the filter: ", "sockets of: ",
					      "set, and the session's: " };
	const char *s = NULL;

	if (streq(allowed, "*"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(before) && s == NULL; i++)
		if ((s = strstr(detail, before[i])) != NULL)
			s += strlen(before[i]);
	for (s = s != NULL ? s : ""; *s != '\0'; s += strcspn(s, " "), s += *s == ' ')
		if (!judge_has(allowed, s, strcspn(s, " ")))
			return false;
	return true;
}

/* Who asked that the terminal be as open as this probe finds it; NULL: nobody. */
static const char *judge_terminal_opened(const char *id)
{
	static const char *const acts[] = { "clipboard", "reports", "files", "printer" };
	const struct conf *conf = &judge_suite->conf;
	const struct conf_value *mode = &conf->value[CONFKEY_TTY_MODE];
	const char *origin = mode->origin != NULL ? mode->origin : "built-in";

	if (mode->n == CONF_TTY_DIRECT)
		return judge_has("tty-escape tty-session tty-state", id, strlen(id)) ? origin : NULL;
	for (size_t i = 0; i < conf->tty_allow.n && streq(id, "tty-escape"); i++)
		for (size_t k = 0; k < ARRAY_SIZE(acts); k++)
			if (streq(conf->tty_allow.item[i].value, acts[k]))
				return conf->tty_allow.item[i].origin;
	return NULL;
}

/* The origin of the setting that asks for what this probe finds open; NULL: none. */
static const char *judge_opened(const char *id, const char *detail)
{
	static const struct {
		enum confkey key;
		const char *probes, *calls;
	} openings[] = {
#define OPENING(key, filter, probes, calls, words) { CONFKEY_##key, probes, calls },
#include "data/openings.def"
#undef OPENING
	};

	for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
		const struct conf_value *v = &judge_suite->conf.value[openings[i].key];

		if (v->n > 0 && judge_has(openings[i].probes, id, strlen(id)) &&
		    judge_only(detail, openings[i].calls))
			return v->origin;
	}
	return judge_terminal_opened(id);
}

static void judge_boxed_row(const struct judge_task *t, struct report_probe *p)
{
	const struct tap_test *open = &t->control->test;
	const char *asked;
	bool seen;

	p->state = judge_boxed(t->row, t->obs);
	if (p->state == REPORT_FAIL && judge_overtaken(t->result, p->id)) {
		p->state = REPORT_INCONCLUSIVE;
		free(p->reason);
		p->reason =
		    xasprintf("the host replaced its %s while the box was running, which takes the mount "
			      "off it: run the test again",
			      t->result->replaced);
		return;
	}
	if (p->state == REPORT_SKIP) {
		judge_skip(p, t->obs->test.detail);
		return;
	}
	asked = judge_opened(p->id, t->obs->test.detail);
	seen = t->obs->test.seen == TAP_ALLOWED || t->obs->oracle[0] != '\0';
	if (p->state == REPORT_FAIL && seen && asked != NULL) {
		AUTO_FREE char *by = xasprintf("left open on purpose, asked for by %s", asked);

		judge_skip(p, by);
		p->opened = true;
		return;
	}
	p->reason = judge_why_boxed(t, p->state);
	if (p->state != REPORT_PASS || t->row->boxed != MANIFEST_BOXED_DENIED)
		return;
	/* What not even an open box has can't be attacked on this machine. */
	if (open->seen == TAP_NA) {
		judge_skip(p, open->detail);
		return;
	}
	p->reason = judge_control(t);
	if (p->reason != NULL)
		p->state = REPORT_INCONCLUSIVE;
	else
		p->layer = judge_layer(judge_suite, t->row, t->obs);
}

/* The control arm can't fail: it shows something or it doesn't. */
static void judge_open_row(const struct judge_task *t, struct report_probe *p)
{
	const struct tap_test *test = &t->obs->test;
	bool fits =
	    t->row->open == MANIFEST_OPEN_DENIED ? test->seen == TAP_DENIED : test->seen == TAP_ALLOWED;

	p->state = fits							   ? REPORT_PASS
		   : test->seen == TAP_NA				   ? REPORT_SKIP
		   : test->seen == TAP_TIMEOUT				   ? REPORT_TIMEOUT
		   : test->seen == TAP_KILLED || test->seen == TAP_NOTHING ? REPORT_ERROR
									   : REPORT_INCONCLUSIVE;
	if (p->state == REPORT_SKIP)
		judge_skip(p, test->detail);
	p->reason = p->reason != NULL ? p->reason : judge_calibration(t->row, test);
	if (p->state == REPORT_PASS && p->reason != NULL)
		p->state = REPORT_INCONCLUSIVE;
	if (p->reason == NULL && !fits)
		p->reason = xasprintf("the control saw %s %s", tap_seen_name(test->seen),
				      test->seen == TAP_NOTHING ? t->result->cause : test->err);
}

START_TEST(judge_row)
{
	struct report_probe *p = &judge_report->probe[_i];

	if (p->arm == REPORT_BOXED)
		judge_boxed_row(&judge_tasks[_i], p);
	else
		judge_open_row(&judge_tasks[_i], p);
	ck_assert_msg(p->state == REPORT_PASS || p->state == REPORT_SKIP, "%s %s", p->id,
		      report_state_name(p->state));
}
END_TEST

static void judge_add(struct suite *s, struct judge_task *tasks, const struct manifest_row *row,
		      const struct box_result *result, const struct box_obs *control, enum report_arm arm,
		      enum report_where where)
{
	const struct box_obs *obs = &result->obs[row - s->manifest.row];
	struct report_probe *p = &s->report.probe[s->report.n];

	*p = (struct report_probe){
		.id = row->id,
		.threat = row->threat,
		.title = row->title,
		.class = row->class,
		.severity = row->severity,
		.remedy = remedy_of(row->id),
		.see = remedy_see(row->id),
		.declared = &row->layers,
		.required = row->required || s->conf.require_all,
		.arm = arm,
		.where = where,
		.expected = manifest_expected(row, arm == REPORT_OPEN),
		.observed = tap_seen_name(obs->test.seen),
		.err = xstrdup(obs->test.err[0] != '\0' ? obs->test.err : "0"),
		.step = xstrdup(obs->test.step),
		.detail = xstrdup(obs->test.detail),
		.calibrated = row->calibrated,
		.measured = row->calibrated != NULL && judge_measured(&control->test) != NULL
				? xstrdup(judge_measured(&control->test))
				: NULL,
		.seconds = obs->test.seconds,
	};
	tasks[s->report.n++] = (struct judge_task){ row, result, obs, control };
}

/* One row for each probe, arm and box, in the order of a report. */
static struct judge_task *judge_collect(struct suite *s, const struct box_result *boxed,
					const struct box_result *open, const struct box_result *yours)
{
	struct judge_task *tasks = xcalloc(3 * s->manifest.n + 1, sizeof(*tasks));

	s->report.probe = xcalloc(3 * s->manifest.n + 1, sizeof(*s->report.probe));
	for (size_t i = 0; i < s->manifest.n; i++) {
		const struct manifest_row *row = &s->manifest.row[i];

		if (!s->selected[i])
			continue;
		/* The terminal goes into one box only. */
		if (boxed->obs[i].asked || yours == NULL || !yours->obs[i].asked)
			judge_add(s, tasks, row, boxed, &open->obs[i], REPORT_BOXED, REPORT_SCRATCH);
		if (yours != NULL && yours->obs[i].asked)
			judge_add(s, tasks, row, yours, &open->obs[i], REPORT_BOXED, REPORT_YOURS);
		judge_add(s, tasks, row, open, &open->obs[i], REPORT_OPEN, REPORT_SCRATCH);
	}
	return tasks;
}

bool judge_all(struct suite *s, const struct box_result *boxed, const struct box_result *open,
	       const struct box_result *yours)
{
	static const char *const variables[] = {
		"CK_RUN_SUITE",		"CK_RUN_CASE",	    "CK_INCLUDE_TAGS",
		"CK_EXCLUDE_TAGS",	"CK_LOG_FILE_NAME", "CK_XML_LOG_FILE_NAME",
		"CK_TAP_LOG_FILE_NAME", "CK_VERBOSITY",	    "CK_FORK"
	};
	AUTO_FREE struct judge_task *tasks = judge_collect(s, boxed, open, yours);
	AUTO_STRV struct strv names = { 0 };
	Suite *suite = suite_create("security test");
	SRunner *runner = srunner_create(suite);
	int failed;
	size_t bad = 0;

	/* A variable of the caller's must not choose which rows are judged. */
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		unsetenv(variables[i]);
	judge_tasks = tasks;
	judge_report = &s->report;
	judge_suite = s;
	for (size_t i = 0; i < s->report.n; i++) {
		const struct report_probe *p = &s->report.probe[i];
		TCase *tc;

		strv_addf(&names, "%s/%s/%s", p->id, report_arm_name(p->arm), report_where_name(p->where));
		tc = tcase_create(names.v[i]); /* it keeps the pointer */
		tcase_add_loop_test(tc, judge_row, (int)i, (int)i + 1);
		suite_add_tcase(suite, tc);
	}
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	for (size_t i = 0; i < s->report.n; i++)
		bad += s->report.probe[i].state != REPORT_PASS && s->report.probe[i].state != REPORT_SKIP;
	bad += (size_t)srunner_ntests_run(runner) != s->report.n;
	srunner_free(runner);
	report_sort(&s->report);
	return failed >= 0 && (size_t)failed == bad;
}
