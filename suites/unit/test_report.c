/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "mem.h"
#include "report/areas.h"
#include "report/report.h"
#include "report/secrets.h"
#include "tap.h"
#include "unit.h"
#include "util.h"

#define HOSTILE "\033[31m\"quote\" | <b> # \\ \xff\n/home/alice/secret"

static struct strv no_layers;

static struct report_probe make_probe(const char *id, enum report_arm arm, enum report_where where,
				      enum report_state state)
{
	return (struct report_probe){
		.id = id,
		.threat = "SC-01",
		.title = "it does not # work",
		.class = "escape",
		.severity = "high",
		.remedy = "do \033[31m| <b> # \\ \xff\n",
		.declared = &no_layers,
		.required = true,
		.arm = arm,
		.where = where,
		.state = state,
		.reason = state == REPORT_PASS ? NULL : xstrdup(HOSTILE),
		.expected = xstrdup("denied"),
		.observed = "denied",
		.err = xstrdup("EPERM"),
		.step = xstrdup("open"),
		.detail = xstrdup(HOSTILE),
		.seconds = 0.25,
	};
}

static struct report make_report(void)
{
	struct report r = { .verdict = REPORT_VERDICT_FAIL, .exit_code = 1, .cause = xstrdup(HOSTILE) };

	r.probe = xcalloc(4, sizeof(*r.probe));
	r.probe[0] = make_probe("sys-b", REPORT_BOXED, REPORT_SCRATCH, REPORT_FAIL);
	r.probe[1] = make_probe("sys-a", REPORT_OPEN, REPORT_SCRATCH, REPORT_PASS);
	r.probe[2] = make_probe("sys-a", REPORT_BOXED, REPORT_YOURS, REPORT_SKIP);
	r.probe[3] = make_probe("sys-a", REPORT_BOXED, REPORT_SCRATCH, REPORT_PASS);
	r.n = 4;
	r.probe[3].rerun = r.probe[3].counted = true;
	r.probe[3].layer = "seccomp";
	strv_add(&r.probe[3].alone, "seccomp");
	strv_add(&r.probe[3].alone, "rest");
	strv_add(&r.probe[3].hangs, "seccomp");
	r.layer = xcalloc(2, sizeof(*r.layer));
	r.nlayer = 2;
	r.layer[0] = (struct report_layer){
		.id = "seccomp", .what = "filter", .state = REPORT_LAYER_MEASURED, .hangs = 1
	};
	r.layer[1] = (struct report_layer){ .id = "landlock", .what = "rules", .state = REPORT_LAYER_ABSENT };
	r.mutant = xcalloc(1, sizeof(*r.mutant));
	r.nmutant = 1;
	r.mutant[0] = (struct report_mutant){
		.id = "no-seccomp", .why = "no filter", .state = REPORT_KILLED, .proof = xstrdup(HOSTILE)
	};
	strv_add(&r.mutant[0].killed_by, "sys-b");
	strv_add(&r.open, HOSTILE);
	report_fingerprint(&r, "kernel", xstrdup("6.1 on workhorse"), false);
	report_fingerprint(&r, "landlock_abi", xstrdup("7"), true);
	report_fingerprint(&r, "bpf_sha256", NULL, false);
	redact_add(&r.names, REDACT_PATH, "<home>", "/home/alice");
	redact_add(&r.names, REDACT_PATH, "<project>", "/home/alice/secret");
	redact_add(&r.names, REDACT_WORD, "<user>", "alice");
	redact_add(&r.names, REDACT_WORD, "<host>", "workhorse");
	report_sort(&r);
	return r;
}

typedef void writer(const struct report *r, FILE *f);

static void write_terminal(const struct report *r, FILE *f)
{
	report_write_terminal(r, f, false, true);
}

static void write_junit(const struct report *r, FILE *f)
{
	ck_assert_int_eq(report_write_junit(r, f), 0);
}

/* Inlined, gcc takes the text for the address of the local that open_memstream was given. */
static __attribute__((noinline)) char *written_of(struct report r, writer *w)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	w(&r, f);
	fclose(f);
	report_done(&r);
	ck_assert_uint_eq(strlen(text), n);
	return text;
}

static char *written(writer *w)
{
	return written_of(make_report(), w);
}

static writer *const every_writer[] = { report_write_json, report_write_tap, report_write_markdown,
					write_terminal, write_junit };

START_TEST(the_order_is_by_id_arm_and_box)
{
	struct report r = make_report();

	ck_assert(r.probe[0].arm == REPORT_BOXED && r.probe[0].where == REPORT_SCRATCH);
	ck_assert(r.probe[1].arm == REPORT_BOXED && r.probe[1].where == REPORT_YOURS);
	ck_assert(r.probe[2].arm == REPORT_OPEN);
	ck_assert_str_eq(r.probe[3].id, "sys-b");
	ck_assert_uint_eq(report_count(&r, REPORT_BOXED, REPORT_PASS), 1);
	ck_assert_uint_eq(report_count(&r, REPORT_ARMS, REPORT_PASS), 2);
	report_done(&r);
}
END_TEST

START_TEST(json_is_json_whatever_was_seen)
{
	AUTO_FREE char *text = written(report_write_json);
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *probes, *print;

	ck_assert_msg(json_parse("report", text, strlen(text), JSON_PLAIN, &doc, &d) == 0, "%s", d.msg);
	ck_assert_str_eq(json_get(&doc.root, "verdict")->string, "fail");
	ck_assert_int_eq((int)json_get(&doc.root, "schema")->integer, REPORT_SCHEMA);
	probes = json_get(&doc.root, "probes");
	ck_assert_uint_eq(probes->n, 4);
	ck_assert_str_eq(json_get(&probes->item[3], "state")->string, "fail");
	ck_assert_str_eq(json_get(&probes->item[2], "arm")->string, "open");
	print = json_get(&doc.root, "fingerprint");
	ck_assert_int_eq((int)json_get(print, "landlock_abi")->integer, 7);
	ck_assert_int_eq(json_get(print, "bpf_sha256")->type, JSON_NULL);
	ck_assert_str_eq(json_get(&json_get(&doc.root, "mutants")->item[0], "state")->string, "killed");
	json_done(&doc);
}
END_TEST

/* No evidence, no rerun: no member. A claim of the manifest is never called evidence. */
START_TEST(layers_are_written_where_they_are_known)
{
	AUTO_FREE char *json = written(report_write_json), *shown = written(write_terminal);
	AUTO_FREE char *markdown = written(report_write_markdown);
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *probes;

	ck_assert_msg(json_parse("report", json, strlen(json), JSON_PLAIN, &doc, &d) == 0, "%s", d.msg);
	probes = json_get(&doc.root, "probes");
	ck_assert_str_eq(json_get(&probes->item[0], "layers")->item[0].string, "seccomp");
	ck_assert_int_eq((int)json_get(&probes->item[0], "independent")->integer, 2);
	ck_assert_uint_eq(json_get(&probes->item[0], "hangs_on")->n, 1);
	for (size_t i = 1; i < probes->n; i++) {
		ck_assert_ptr_null(json_get(&probes->item[i], "layers"));
		ck_assert_ptr_null(json_get(&probes->item[i], "independent"));
		ck_assert_ptr_null(json_get(&probes->item[i], "hangs_on"));
		ck_assert_ptr_nonnull(json_get(&probes->item[i], "declared_layers"));
	}
	ck_assert_str_eq(json_get(&json_get(&doc.root, "layers")->item[1], "state")->string, "not there");
	json_done(&doc);
	ck_assert_ptr_nonnull(strstr(shown, "of 1 refused acts 0 are refused by two"));
	ck_assert_ptr_nonnull(strstr(shown, "1 hang on it: sys-a"));
	ck_assert_ptr_nonnull(strstr(shown, "landlock   not there"));
	ck_assert_ptr_nonnull(strstr(markdown, "seccomp (alone: seccomp, rest)"));
}
END_TEST

START_TEST(tap_has_as_many_tests_as_it_announces)
{
	AUTO_FREE char *text = written(report_write_tap);
	size_t tests = 0, bad = 0;

	ck_assert(str_starts(text, "TAP version 14\n1..6\n"));
	for (const char *s = text; s != NULL; s = strchr(s, '\n')) {
		s += *s == '\n';
		tests += str_starts(s, "ok ") || str_starts(s, "not ok ");
		bad += str_starts(s, "not ok ");
	}
	ck_assert_uint_eq(tests, 6);
	ck_assert_uint_eq(bad, 2);
	/* A title must not become a directive. */
	ck_assert_ptr_nonnull(strstr(text, "does not \\# work"));
}
END_TEST

START_TEST(no_writer_lets_control_bytes_out)
{
	for (size_t i = 0; i < ARRAY_SIZE(every_writer); i++) {
		AUTO_FREE char *text = written(every_writer[i]);

		ck_assert_msg(strchr(text, '\033') == NULL, "writer %zu", i);
		ck_assert(strlen(text) > 0 && text[strlen(text) - 1] == '\n');
	}
}
END_TEST

START_TEST(a_redacted_report_names_no_machine_user_or_path)
{
	for (size_t i = 0; i < ARRAY_SIZE(every_writer); i++) {
		struct report r = make_report();
		AUTO_FREE char *text = NULL;

		report_redact(&r);
		text = written_of(r, every_writer[i]);
		ck_assert_ptr_null(strstr(text, "alice"));
		ck_assert_ptr_null(strstr(text, "workhorse"));
		ck_assert_ptr_nonnull(strstr(text, "project"));
	}
}
END_TEST

START_TEST(redaction_reaches_every_text)
{
	struct report r = make_report();

	r.waiver = xcalloc(1, sizeof(*r.waiver));
	r.nwaiver = 1;
	r.waiver[0] = (struct report_waiver){ .id = xstrdup("sys-*"),
					      .reason = xstrdup("asked on workhorse"),
					      .owner = xstrdup("Carol"),
					      .origin = xstrdup("/home/alice/secret/w.json:3") };
	r.problem[REPORT_PROBLEM_FINDING] = xstrdup("see workhorse");
	r.mutant[0].reason = xstrdup("by alice");
	strv_add(&r.notes, "on workhorse");
	report_redact(&r);
	ck_assert_str_eq(r.waiver[0].reason, "asked on <host>");
	ck_assert_str_eq(r.waiver[0].owner, "<owner>");
	ck_assert_str_eq(r.waiver[0].origin, "<project>/w.json:3");
	ck_assert_str_eq(r.problem[REPORT_PROBLEM_FINDING], "see <host>");
	ck_assert_str_eq(r.mutant[0].reason, "by <user>");
	ck_assert_str_eq(r.notes.v[0], "on <host>");
	ck_assert_str_eq(r.fingerprint[0].value, "6.1 on <host>");
	ck_assert_ptr_nonnull(strstr(r.cause, "<project>"));
	ck_assert_ptr_nonnull(strstr(r.open.v[0], "<project>"));
	report_done(&r);
}
END_TEST

START_TEST(a_secret_is_hidden_wherever_it_stands)
{
	static const char *const secrets[] = { "sk-\"x\"\n*1", "**abcdef", "********" };

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++) {
		struct report r = make_report();
		AUTO_FREE char *text = xasprintf("a %s b %s", secrets[i], secrets[i]);

		strv_add(&r.notes, text);
		report_hide(&r, secrets[i]);
		ck_assert_uint_eq(strlen(r.notes.v[0]), strlen(text));
		ck_assert_uint_eq(strspn(r.notes.v[0] + 2, "*"), strlen(secrets[i]));
		report_done(&r);
	}
}
END_TEST

static void hide_all(struct report *r, const char *const *env)
{
	AUTO_STRV struct strv copy = { 0 };

	for (; *env != NULL; env++)
		strv_add(&copy, *env);
	secrets_hide_all(r, copy.v);
}

START_TEST(a_secret_that_is_a_word_leaves_what_has_a_vocabulary)
{
	static const char *const env[] = { "A_TOKEN=allowed",
					   "B_TOKEN=denied",
					   "C_TOKEN=EPERM",
					   "D_TOKEN=6.12",
					   "E_TOKEN=sys-*",
					   "F_TOKEN=high",
					   NULL };
	struct report r = make_report();

	free(r.probe[0].expected);
	r.probe[0].expected = xstrdup("allowed");
	free(r.probe[0].err);
	r.probe[0].err = xstrdup("EPERM");
	free(r.probe[0].detail);
	r.probe[0].detail = xstrdup("it was allowed");
	report_fingerprint(&r, "number", xstrdup("6.12"), true);
	strv_add(&r.only, "sys-*");
	free(r.fail_on);
	r.fail_on = xstrdup("high");
	hide_all(&r, env);
	ck_assert_str_eq(r.probe[0].expected, "allowed");
	ck_assert_str_eq(r.probe[0].err, "EPERM");
	ck_assert_str_eq(r.probe[0].detail, "it was *******");
	ck_assert_str_eq(r.fingerprint[r.nfingerprint - 1].value, "6.12");
	ck_assert_str_eq(r.only.v[r.only.n - 1], "sys-*");
	ck_assert_str_eq(r.fail_on, "high");
	report_done(&r);
}
END_TEST

START_TEST(secrets_are_told_by_name_and_by_url)
{
	static const char *const env[] = { "GH_PAT=pat-1",
					   "DB_PWD=pwd-2",
					   "X_JWT=jwt-3",
					   "BEARER=bear-4",
					   "SESSION=sess-5",
					   "HOOK_WEBHOOK=hook-6",
					   "SALT=salt-7",
					   "GCP_SERVICE_ACCOUNT_JSON={ \"k\"\nline-8\n}",
					   "DATABASE=pg://u:url-9@h/db and pg://u:sla/sh-10@h/",
					   "Y_TOKEN=pat-1-longer",
					   "PATH=/usr/bin",
					   "PWD=/where",
					   "OLDPWD=/before",
					   "DESKTOP_SESSION=ubuntu",
					   "XDG_SESSION_TYPE=wayland",
					   "Z_TOKEN=abc",
					   NULL };
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "pat-1 pwd-2 jwt-3 bear-4", "***** ***** ***** ******" },
		{ "sess-5 hook-6 salt-7 line-8", "****** ****** ****** ******" },
		{ "url-9 sla/sh-10", "***** *********" },
		{ "pat-1-longer", "************" },
		{ "/usr/bin /where /before ubuntu wayland abc { }",
		  "/usr/bin /where /before ubuntu wayland abc { }" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report();

		strv_add(&r.notes, cases[i].text);
		hide_all(&r, env);
		ck_assert_str_eq(r.notes.v[r.notes.n - 1], cases[i].want);
		report_done(&r);
	}
}
END_TEST

START_TEST(junit_shows_what_xml_cannot_hold)
{
	struct report r = make_report();
	AUTO_FREE char *text = NULL;

	free(r.cause);
	r.cause = xstrdup("esc \033 nul-free del \x7f byte \xfe nonchar \xef\xbf\xbf tab\tend cr\r <&\"");
	text = written_of(r, write_junit);
	ck_assert_ptr_nonnull(strstr(text, "esc \xe2\x90\x9b nul-free del \xe2\x90\xa1 byte \\xfe nonchar "
					   "\\xef\\xbf\\xbf tab&#9;end cr\xe2\x90\x8d &lt;&amp;&quot;"));
}
END_TEST

/* A gate that reads only JUnit must be red where the verdict is, whatever the rows are. */
START_TEST(junit_is_red_exactly_when_the_verdict_is)
{
	static const char *const elements[REPORT_VERDICTS] = {
		[REPORT_VERDICT_ERROR] = "<error type=\"error\"",
		[REPORT_VERDICT_INCOMPLETE] = "<error type=\"incomplete\"",
		[REPORT_VERDICT_FAIL] = "<failure type=\"fail\"",
		[REPORT_VERDICT_PASS] = NULL,
	};

	for (int v = 0; v < REPORT_VERDICTS; v++) {
		struct report r = make_report();
		AUTO_FREE char *text = NULL;
		const char *first, *end;

		r.verdict = (enum report_verdict)v;
		text = written_of(r, write_junit);
		first = strstr(text, "<testcase name=\"verdict\"");
		end = strstr(text, "</testsuite>");
		ck_assert(first != NULL && end != NULL && first < end);
		if (elements[v] != NULL)
			ck_assert(strstr(first, elements[v]) != NULL && strstr(first, elements[v]) < end);
		else
			ck_assert(strstr(first, "<error") == NULL || strstr(first, "<error") > end);
	}
}
END_TEST

START_TEST(outcomes_of_states)
{
	static const struct {
		enum report_state state;
		enum report_arm arm;
		bool required, below, counts;
		enum report_outcome outcome;
	} rows[] = {
		{ REPORT_PASS, REPORT_BOXED, true, false, false, REPORT_GREEN },
		{ REPORT_SKIP, REPORT_BOXED, true, false, false, REPORT_PASSED_OVER },
		{ REPORT_SKIP, REPORT_BOXED, false, false, true, REPORT_RED },
		{ REPORT_WAIVED, REPORT_BOXED, true, false, false, REPORT_PASSED_OVER },
		{ REPORT_NOW_PASSING, REPORT_BOXED, true, false, false, REPORT_PASSED_OVER },
		{ REPORT_INCONCLUSIVE, REPORT_BOXED, true, false, false, REPORT_BROKEN },
		{ REPORT_INCONCLUSIVE, REPORT_BOXED, false, false, false, REPORT_PASSED_OVER },
		{ REPORT_INCONCLUSIVE, REPORT_OPEN, true, false, false, REPORT_PASSED_OVER },
		{ REPORT_FAIL, REPORT_BOXED, false, false, false, REPORT_RED },
		{ REPORT_FAIL, REPORT_BOXED, false, true, false, REPORT_PASSED_OVER },
		{ REPORT_TIMEOUT, REPORT_BOXED, true, false, false, REPORT_BROKEN },
		{ REPORT_TIMEOUT, REPORT_BOXED, false, false, false, REPORT_PASSED_OVER },
		{ REPORT_ERROR, REPORT_BOXED, false, false, true, REPORT_RED },
		{ REPORT_ERROR, REPORT_BOXED, true, false, false, REPORT_BROKEN },
		{ REPORT_ERROR, REPORT_OPEN, true, false, false, REPORT_PASSED_OVER },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct report_probe p = { .state = rows[i].state,
					  .arm = rows[i].arm,
					  .required = rows[i].required,
					  .below = rows[i].below,
					  .counts = rows[i].counts };

		ck_assert_msg(report_outcome(&p) == rows[i].outcome, "row %zu", i);
	}
}
END_TEST

START_TEST(a_bar_of_a_text_ends_no_cell)
{
	AUTO_FREE char *text = written(report_write_markdown);

	ck_assert_ptr_nonnull(strstr(text, "\\|"));
}
END_TEST

START_TEST(findings_come_first_with_their_remedy)
{
	AUTO_FREE char *text = written(write_terminal);
	const char *finding = strstr(text, "sys-b"), *skipped = strstr(text, "sys-a");

	ck_assert(str_starts(text, "FAIL"));
	ck_assert(finding != NULL && skipped != NULL && finding < skipped);
	ck_assert_ptr_nonnull(strstr(text, "remedy"));
	ck_assert_ptr_nonnull(strstr(text, "Left open on purpose"));
}
END_TEST

START_TEST(every_id_has_one_area)
{
	static const char *const ids[] = { "sys-mount", "ok-exec", "system-x", "sys", "zz-y", "" };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		size_t n = 0;

		for (const struct area *a = areas;; a++) {
			n += area_has(a, ids[i]);
			if (a->prefix == NULL)
				break;
		}
		ck_assert_uint_eq(n, 1);
	}
}
END_TEST

/* Everything that a report can hold, in every format, for readers that are not ours (ci/check-formats). */
static struct report make_every(void)
{
	static const struct {
		const char *name, *value;
		bool number;
	} print[] = {
		{ "tool", "claude-sandbox 0 " HOSTILE, false },
		{ "bwrap", HOSTILE, false },
		{ "lsm", HOSTILE, false },
		{ "landlock_abi", "7", true },
		{ "wsl", "false", true },
		{ "bpf_sha256", NULL, false },
	};
	struct report r = { .verdict = REPORT_VERDICT_FAIL, .exit_code = 1, .cause = xstrdup(HOSTILE) };

	for (size_t i = 0; i < ARRAY_SIZE(print); i++)
		report_fingerprint(&r, print[i].name, print[i].value != NULL ? xstrdup(print[i].value) : NULL,
				   print[i].number);
	r.fail_on = xstrdup(HOSTILE);
	r.problem[REPORT_PROBLEM_FINDING] = xstrdup(HOSTILE);
	r.problem[REPORT_PROBLEM_MEMORY] = xstrdup(HOSTILE);
	r.probe = xcalloc(REPORT_STATES * REPORT_ARMS * REPORT_WHERES, sizeof(*r.probe));
	for (int s = 0; s < REPORT_STATES; s++) {
		for (int k = 0; k < 3; k++) {
			static const char *const ids[REPORT_STATES] = { "sys-a", "sys-b", "fs-c",   "net-d",
									"ok-e",	 "zz-f",  "cred-g", "tty-h" };
			struct report_probe *p = &r.probe[r.n++];

			*p = make_probe(ids[s], k == 2 ? REPORT_OPEN : REPORT_BOXED,
					k == 1 ? REPORT_YOURS : REPORT_SCRATCH, (enum report_state)s);
			p->skip = s == REPORT_SKIP ? REPORT_SKIP_UNSUPPORTED : REPORT_SKIP_NONE;
			p->required = k == 1;
			p->layer = s == REPORT_PASS ? "seccomp" : NULL;
			p->below = s == REPORT_FAIL && k == 1;
			p->counts = s == REPORT_SKIP && k == 1;
		}
	}
	r.waiver = xcalloc(REPORT_WAIVER_STATES, sizeof(*r.waiver));
	for (int s = 0; s < REPORT_WAIVER_STATES; s++)
		r.waiver[r.nwaiver++] = (struct report_waiver){ .id = xstrdup("sys-a"),
								.reason = xstrdup(HOSTILE),
								.owner = xstrdup(HOSTILE),
								.origin = xstrdup(HOSTILE),
								.expires = "2026-01-02",
								.everywhere = s % 2 == 0,
								.days = s - 1,
								.state = (enum report_waiver_state)s };
	r.mutant = xcalloc(3, sizeof(*r.mutant));
	for (int s = 0; s < 3; s++) {
		r.mutant[r.nmutant] = (struct report_mutant){ .id = s == 0   ? "a"
								    : s == 1 ? "b"
									     : "c",
							      .why = "no filter",
							      .state = (enum report_mutant_state)s,
							      .reason = xstrdup(HOSTILE),
							      .verify = xstrdup(HOSTILE),
							      .proof = s == 0 ? NULL : xstrdup(HOSTILE) };
		strv_add(&r.mutant[r.nmutant++].killed_by, "sys-b");
	}
	strv_add(&r.idle, "sys-a");
	strv_add(&r.open, HOSTILE);
	strv_add(&r.notes, HOSTILE);
	report_sort(&r);
	return r;
}

START_TEST(every_format_holds_every_state)
{
	static const char *const names[] = { "json", "tap", "markdown", "terminal", "junit" };
	const char *dir = getenv("UNIT_REPORTS");

	for (size_t i = 0; i < ARRAY_SIZE(every_writer); i++) {
		AUTO_FREE char *text = written_of(make_every(), every_writer[i]);
		AUTO_FREE char *path = dir != NULL ? xasprintf("%s/every.%s", dir, names[i]) : NULL;
		AUTO_FILE FILE *f = path != NULL ? fopen(path, "we") : NULL;

		ck_assert(dir == NULL || f != NULL);
		if (f != NULL)
			fputs(text, f);
		ck_assert_ptr_null(strchr(text, '\033'));
		for (int s = 0; s < REPORT_STATES; s++)
			ck_assert_msg(s == REPORT_PASS ||
					  strstr(text, report_state_name((enum report_state)s)) != NULL,
				      "%s: %s", names[i], report_state_name((enum report_state)s));
	}
}
END_TEST

/* --- the schema's words are the program's */

static const char *where_word(int i)
{
	return report_where_name((enum report_where)i);
}

static const char *arm_word(int i)
{
	return report_arm_name((enum report_arm)i);
}

static const char *state_word(int i)
{
	return report_state_name((enum report_state)i);
}

static const char *skip_word(int i)
{
	return report_skip_name((enum report_skip)(i + 1));
}

static const char *verdict_word(int i)
{
	return report_verdict_name((enum report_verdict)i);
}

static const char *waiver_word(int i)
{
	return report_waiver_state_name((enum report_waiver_state)i);
}

static const char *mutant_word(int i)
{
	return report_mutant_state_name((enum report_mutant_state)i);
}

static const char *layer_word(int i)
{
	return report_layer_state_name((enum report_layer_state)i);
}

static const char *observed_word(int i)
{
	return tap_seen_name((enum tap_seen)i);
}

static const struct {
	const char *name;
	const char *(*word)(int i);
	int n;
} enums[] = {
	{ "where", where_word, REPORT_WHERES },
	{ "arm", arm_word, REPORT_ARMS },
	{ "state", state_word, REPORT_STATES },
	{ "skip", skip_word, REPORT_SKIPS - 1 },
	{ "verdict", verdict_word, REPORT_VERDICTS },
	{ "waiver_state", waiver_word, REPORT_WAIVER_STATES },
	{ "mutant_state", mutant_word, REPORT_KILLED + 1 },
	{ "layer_state", layer_word, REPORT_LAYER_MEASURED + 1 },
	{ "observed", observed_word, TAP_SEENS },
};

START_TEST(the_words_of_the_schema_are_those_of_the_tables)
{
	AUTO_FILE FILE *f = fopen("suites/report/report.schema.json", "re");
	AUTO_FREE char *text = xcalloc(1, 1 << 17);
	struct json_doc doc;
	struct diag d = { 0 };
	const struct json *list;

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, (1 << 17) - 1, f), 0);
	ck_assert_msg(json_parse("schema", text, strlen(text), JSON_PLAIN, &doc, &d) == 0, "%s", d.msg);
	list = json_get(json_get(json_get(&doc.root, "$defs"), enums[_i].name), "enum");
	ck_assert_int_eq((int)list->n, enums[_i].n);
	for (int k = 0; k < enums[_i].n; k++) {
		bool found = false;

		for (size_t i = 0; i < list->n; i++)
			found |= streq(list->item[i].string, enums[_i].word(k));
		ck_assert_msg(found, "%s: %s", enums[_i].name, enums[_i].word(k));
	}
	json_done(&doc);
}
END_TEST

Suite *report_suite(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_test(tc, the_order_is_by_id_arm_and_box);
	tcase_add_test(tc, json_is_json_whatever_was_seen);
	tcase_add_test(tc, layers_are_written_where_they_are_known);
	tcase_add_test(tc, tap_has_as_many_tests_as_it_announces);
	tcase_add_test(tc, no_writer_lets_control_bytes_out);
	tcase_add_test(tc, a_redacted_report_names_no_machine_user_or_path);
	tcase_add_test(tc, redaction_reaches_every_text);
	tcase_add_test(tc, a_secret_is_hidden_wherever_it_stands);
	tcase_add_test(tc, junit_shows_what_xml_cannot_hold);
	tcase_add_test(tc, junit_is_red_exactly_when_the_verdict_is);
	tcase_add_test(tc, outcomes_of_states);
	tcase_add_test(tc, a_secret_that_is_a_word_leaves_what_has_a_vocabulary);
	tcase_add_test(tc, secrets_are_told_by_name_and_by_url);
	tcase_add_test(tc, every_format_holds_every_state);
	tcase_add_loop_test(tc, the_words_of_the_schema_are_those_of_the_tables, 0, ARRAY_SIZE(enums));
	tcase_add_test(tc, a_bar_of_a_text_ends_no_cell);
	tcase_add_test(tc, findings_come_first_with_their_remedy);
	tcase_add_test(tc, every_id_has_one_area);
	suite_add_tcase(s, tc);
	return s;
}
