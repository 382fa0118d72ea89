/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/failon.h"
#include "gate/gate.h"
#include "gate/waivers.h"
#include "json.h"
#include "mem.h"
#include "report/report.h"
#include "unit.h"
#include "util.h"

#define MANIFEST_TEXT \
	"sys-a SC-01 escape critical harmless required - 5 allowed denied seccomp - \"a\"\n" \
	"net-b NE-01 discovery low harmless required - 5 allowed denied ns-net - \"b\"\n" \
	"net-c NE-02 exfiltration medium destructive optional - 5 allowed denied ns-net - \"c\"\n" \
	"ok-exec OK-01 function critical harmless required - 5 allowed allowed - - \"ok\"\n"
#define ONE(id, expires) \
	"{\"id\": \"" id "\", \"reason\": \"because\", \"owner\": \"eve\", \"expires\": \"" expires "\"}"

static struct manifest manifest;
static long today;

static void set_up(void)
{
	struct diag d = { 0 };

	ck_assert_int_eq(manifest_parse("M", MANIFEST_TEXT, strlen(MANIFEST_TEXT), &manifest, &d), 0);
	ck_assert_int_eq(waivers_day("2026-03-01", &today), 0);
}

static void tear_down(void)
{
	manifest_done(&manifest);
}

static int parse(const char *text, struct report *r, struct diag *d)
{
	return waivers_parse("w.json", text, strlen(text), &manifest, today, r, d);
}

/* --- days */

START_TEST(days_are_those_of_the_calendar)
{
	static const struct {
		const char *text;
		long day;
	} good[] = {
		{ "2000-01-01", 10957 },   { "2000-02-29", 11016 }, { "2000-12-31", 11322 },
		{ "2024-02-29", 19782 },   { "2026-03-01", 20513 }, { "2100-03-01", 47541 },
		{ "9999-12-31", 2932896 },
	};
	static const char *const bad[] = {
		"",	      "2026-02-29", "2100-02-29",	    "2026-04-31",  "2026-13-01",
		"2026-00-01", "2026-01-00", "2026-01-32",	    "1999-12-31",  "2026-1-01",
		"2026-01-1",  "26-01-01",   "2026/01/01",	    "2026-01-01 ", " 2026-01-01",
		"2026-01-0x", "+026-01-01", "2026-01-01T00:00:00Z", "20260101",	   "today",
		"-001-01-01",
	};
	long day;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		ck_assert_int_eq(waivers_day(good[i].text, &day), 0);
		ck_assert_msg(day == good[i].day, "%s: %ld", good[i].text, day);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(waivers_day(bad[i], &day) < 0, "%s", bad[i]);
}
END_TEST

/* --- the file */

START_TEST(a_file_is_read_whole)
{
	struct report r = { 0 };
	struct diag d = { 0 };

	ck_assert_msg(parse("// accepted\n[" ONE(
				"sys-a", "2026-03-01") ",\n"
						       "{\"expires\": \"2026-02-28\", \"where\": \"yours\", "
						       "\"owner\": \"o\", \"reason\": \"r\", "
						       "\"id\": \"net-b\"},\n{\"id\": \"net-b\", \"where\": "
						       "\"scratch\", \"reason\": \"r\", "
						       "\"owner\": \"o\", \"expires\": \"2027-03-01\"}]\n",
			    &r, &d) == 0,
		      "%s", d.msg);
	ck_assert_uint_eq(r.nwaiver, 3);
	ck_assert_str_eq(r.waiver[0].id, "sys-a");
	ck_assert_str_eq(r.waiver[0].reason, "because");
	ck_assert_str_eq(r.waiver[0].owner, "eve");
	ck_assert_str_eq(r.waiver[0].origin, "w.json:2");
	ck_assert_str_eq(r.waiver[0].expires, "2026-03-01");
	/* The last day counts. */
	ck_assert(r.waiver[0].everywhere && r.waiver[0].days == 0);
	ck_assert_int_eq(r.waiver[0].state, REPORT_WAIVER_UNUSED);
	ck_assert(!r.waiver[1].everywhere && r.waiver[1].where == REPORT_YOURS);
	ck_assert_int_eq(r.waiver[1].days, -1);
	ck_assert_int_eq(r.waiver[1].state, REPORT_WAIVER_EXPIRED);
	ck_assert_int_eq(r.waiver[2].days, 365);
	report_done(&r);
	ck_assert_int_eq(parse("[]", &r, &d), 0);
	ck_assert_uint_eq(r.nwaiver, 0);
}
END_TEST

#define MORE "\"reason\": \"r\", \"owner\": \"o\", \"expires\": \"2027-01-01\"}]"

START_TEST(what_is_not_understood_is_refused_with_its_place)
{
	static const struct {
		const char *text, *msg, *try;
	} cases[] = {
		{ "", "w.json:1:1: ", "" },
		{ "{}", "w.json:1:1: waivers must be an array, not an object", "" },
		{ "[1]", "w.json:1:2: a waiver must be an object, not a number", "" },
		{ "[" ONE("sys-a", "2027-01-01") ",]", "w.json:1:", "" },
		{ "[{\"id\": \"sys-b\", " MORE, "w.json:1:9: no probe is called \"sys-b\"", "sys-a" },
		{ "[{\"id\": \"sys-*\", " MORE, "w.json:1:9: no probe is called \"sys-*\"", "" },
		{ "[{\"id\": \"SYS-A\", " MORE, "w.json:1:9: no probe is called \"SYS-A\"", "" },
		{ "[{\"id\": \"\", " MORE, "w.json:1:9: no probe is called \"\"", "--list-probes" },
		{ "[{\"id\": 5, " MORE, "w.json:1:9: id must be a string, not a number", "" },
		{ "[{\"id\": \"ok-exec\", " MORE, "w.json:1:9: \"ok-exec\" shows that the sandbox works",
		  "" },
		{ "[{\"id\": \"sys-a\", \"id\": \"net-b\", " MORE, "w.json:1:18: ", "" },
		{ "[{" MORE, "w.json:1:2: the waiver has no \"id\"", "" },
		{ "[{\"id\": \"sys-a\", \"owner\": \"o\", \"expires\": \"2027-01-01\"}]",
		  "w.json:1:2: the waiver has no \"reason\"", "" },
		{ "[{\"id\": \"sys-a\", \"reason\": \"o\", \"expires\": \"2027-01-01\"}]",
		  "w.json:1:2: the waiver has no \"owner\"", "" },
		{ "[{\"id\": \"sys-a\", \"reason\": \"o\", \"owner\": \"o\"}]",
		  "w.json:1:2: the waiver has no \"expires\"", "" },
		{ "[{\"id\": \"sys-a\",\n \"reason\": \"\"}]", "w.json:2:12: the reason is empty", "" },
		{ "[{\"id\": \"sys-a\",\n \"owner\": \" \\t \"}]", "w.json:2:11: the owner is empty", "" },
		{ "[{\"expires\": \"2026-02-30\"}]", "w.json:1:14: \"2026-02-30\" is no day", "YYYY-MM-DD" },
		{ "[{\"expires\": \"soon\"}]", "w.json:1:14: \"soon\" is no day", "YYYY-MM-DD" },
		{ "[{\"expires\": null}]", "w.json:1:14: expires must be a string, not null", "" },
		{ "[{\"expire\": \"2027-01-01\"}]", "w.json:1:3: unknown key \"expire\"", "expires" },
		{ "[{\"zzzzzz\": \"2027-01-01\"}]", "w.json:1:3: unknown key \"zzzzzz\"",
		  "one of id, where" },
		{ "[{\"where\": \"here\", \"id\": \"sys-a\", " MORE, "w.json:1:12: no box is called \"here\"",
		  "scratch or yours" },
		{ "[{\"where\": \"yours\", \"id\": \"net-c\", " MORE,
		  "w.json:1:12: \"net-c\" runs in the scratch box only", "" },
		{ "[" ONE("sys-a", "2027-01-01") ",\n" ONE("sys-a", "2028-01-01") "]",
		  "w.json:2:1: \"sys-a\" is waived already (w.json:1)", "" },
		{ "[" ONE("sys-a", "2027-01-01") ",\n{\"where\": \"yours\", \"id\": \"sys-a\", " MORE,
		  "w.json:2:1: \"sys-a\" is waived already (w.json:1)", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = { 0 };
		struct diag d = { 0 };

		ck_assert_msg(parse(cases[i].text, &r, &d) < 0, "%s", cases[i].text);
		ck_assert_msg(str_starts(d.msg, cases[i].msg), "%s: %s", cases[i].text, d.msg);
		ck_assert_msg(strstr(d.try, cases[i].try) != NULL, "%s: %s", cases[i].text, d.try);
		report_done(&r);
	}
}
END_TEST

START_TEST(there_is_a_limit)
{
	struct report r = { 0 };
	struct diag d = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	for (int i = 0; i <= WAIVERS_MAX; i++)
		fputs(i == 0 ? "[{}" : ",{}", f);
	fputs("]", f);
	fclose(f);
	ck_assert_int_lt(parse(text, &r, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "more than 1000 waivers"));
	free(text);
}
END_TEST

/* --- what they do */

struct row {
	const char *id;
	enum report_where where;
	enum report_state state;
};

static struct report make_report(const struct row *rows, size_t n)
{
	struct report r = { .n = n + 2 };

	r.probe = xcalloc(n + 2, sizeof(*r.probe));
	for (size_t i = 0; i < n + 2; i++) {
		struct row row = i < n ? rows[i] : (struct row){ "ok-exec", REPORT_SCRATCH, REPORT_PASS };

		r.probe[i] = (struct report_probe){ .id = row.id,
						    .threat = "SC-01",
						    .title = "title",
						    .class = "escape",
						    .severity = "high",
						    .arm = i == n ? REPORT_OPEN : REPORT_BOXED,
						    .where = row.where,
						    .state = row.state,
						    .expected = xstrdup("denied"),
						    .observed = "allowed",
						    .err = xstrdup("0"),
						    .step = xstrdup("step"),
						    .detail = xstrdup("what it saw") };
	}
	return r;
}

/* One waiver of sys-a against one or two rows of it. */
START_TEST(a_waiver_covers_findings_and_nothing_else)
{
	static const struct {
		const char *expires;
		enum report_state scratch, yours; /* before */
		enum report_state scratch_then, yours_then;
		enum report_waiver_state waiver;
		int code;
	} cases[] = {
		{ "2027-01-01", REPORT_FAIL, REPORT_FAIL, REPORT_WAIVED, REPORT_WAIVED, REPORT_WAIVER_USED,
		  0 },
		{ "2026-03-01", REPORT_FAIL, REPORT_SKIP, REPORT_WAIVED, REPORT_SKIP, REPORT_WAIVER_USED, 0 },
		{ "2026-02-28", REPORT_FAIL, REPORT_FAIL, REPORT_FAIL, REPORT_FAIL, REPORT_WAIVER_EXPIRED,
		  1 },
		{ "2026-02-28", REPORT_PASS, REPORT_PASS, REPORT_PASS, REPORT_PASS, REPORT_WAIVER_EXPIRED,
		  5 },
		{ "2026-02-28", REPORT_SKIP, REPORT_SKIP, REPORT_SKIP, REPORT_SKIP, REPORT_WAIVER_EXPIRED,
		  5 },
		{ "2027-01-01", REPORT_PASS, REPORT_PASS, REPORT_NOW_PASSING, REPORT_NOW_PASSING,
		  REPORT_WAIVER_NOW_PASSING, 0 },
		{ "2027-01-01", REPORT_PASS, REPORT_SKIP, REPORT_NOW_PASSING, REPORT_SKIP,
		  REPORT_WAIVER_NOW_PASSING, 0 },
		/* Still needed in the other box. */
		{ "2027-01-01", REPORT_PASS, REPORT_FAIL, REPORT_PASS, REPORT_WAIVED, REPORT_WAIVER_USED, 0 },
		{ "2027-01-01", REPORT_PASS, REPORT_ERROR, REPORT_PASS, REPORT_ERROR, REPORT_WAIVER_UNUSED,
		  0 },
		{ "2027-01-01", REPORT_SKIP, REPORT_SKIP, REPORT_SKIP, REPORT_SKIP, REPORT_WAIVER_UNUSED, 0 },
		{ "2027-01-01", REPORT_ERROR, REPORT_TIMEOUT, REPORT_ERROR, REPORT_TIMEOUT,
		  REPORT_WAIVER_UNUSED, 0 },
		{ "2027-01-01", REPORT_INCONCLUSIVE, REPORT_SKIP, REPORT_INCONCLUSIVE, REPORT_SKIP,
		  REPORT_WAIVER_UNUSED, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct row rows[] = { { "sys-a", REPORT_SCRATCH, cases[i].scratch },
					    { "sys-a", REPORT_YOURS, cases[i].yours } };
		struct report r = make_report(rows, 2);
		AUTO_FREE char *text =
		    xasprintf("[{\"id\":\"sys-a\",\"reason\":\"r\",\"owner\":\"eve\",\"expires\":\"%s\"}]",
			      cases[i].expires);
		struct diag d = { 0 };

		ck_assert_msg(parse(text, &r, &d) == 0, "%s", d.msg);
		waivers_expire(&r);
		waivers_apply(&r);
		failon_apply(NULL, &r);
		gate_judge(&r);
		ck_assert_msg(r.probe[0].state == cases[i].scratch_then, "case %zu: %s", i,
			      report_state_name(r.probe[0].state));
		ck_assert_msg(r.probe[1].state == cases[i].yours_then, "case %zu: %s", i,
			      report_state_name(r.probe[1].state));
		ck_assert_msg(r.waiver[0].state == cases[i].waiver, "case %zu: waiver %d", i,
			      r.waiver[0].state);
		ck_assert_msg(r.exit_code == cases[i].code, "case %zu: exit %d", i, r.exit_code);
		/* Both are said. */
		if (cases[i].waiver == REPORT_WAIVER_EXPIRED)
			ck_assert_ptr_nonnull(strstr(r.cause, "expired 1 day ago, owner eve"));
		if (cases[i].code == 1)
			ck_assert(str_starts(r.cause, "2 findings; also: "));
		report_done(&r);
	}
}
END_TEST

START_TEST(a_waiver_of_one_box_leaves_the_other)
{
	static const struct row rows[] = { { "sys-a", REPORT_SCRATCH, REPORT_FAIL },
					   { "sys-a", REPORT_YOURS, REPORT_FAIL },
					   { "net-b", REPORT_YOURS, REPORT_FAIL } };
	struct report r = make_report(rows, 3);
	struct diag d = { 0 };

	ck_assert_int_eq(parse("[{\"id\": \"sys-a\", \"where\": \"yours\", " MORE, &r, &d), 0);
	waivers_apply(&r);
	gate_judge(&r);
	ck_assert_int_eq(r.probe[0].state, REPORT_FAIL);
	ck_assert_int_eq(r.probe[1].state, REPORT_WAIVED);
	ck_assert_int_eq(r.probe[2].state, REPORT_FAIL);
	ck_assert_int_eq(r.exit_code, 1);
	report_done(&r);
}
END_TEST

START_TEST(a_control_is_not_waived)
{
	static const struct row rows[] = { { "net-b", REPORT_SCRATCH, REPORT_FAIL } };
	struct report r = make_report(rows, 1);
	struct diag d = { 0 };

	r.probe[0].arm = REPORT_OPEN;
	ck_assert_int_eq(parse("[" ONE("net-b", "2027-01-01") "]", &r, &d), 0);
	waivers_apply(&r);
	ck_assert_int_eq(r.probe[0].state, REPORT_FAIL);
	ck_assert_int_eq(r.waiver[0].state, REPORT_WAIVER_UNUSED);
	report_done(&r);
}
END_TEST

static char *written(const struct report *r, int format)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	switch (format) {
	case 0:
		report_write_json(r, f);
		break;
	case 1:
		report_write_tap(r, f);
		break;
	case 2:
		report_write_markdown(r, f);
		break;
	default:
		report_write_terminal(r, f, false, false);
	}
	fclose(f);
	return text;
}

START_TEST(a_cause_names_three_that_expired)
{
	static const struct row rows[] = { { "sys-a", REPORT_SCRATCH, REPORT_PASS } };
	static const struct {
		size_t n;
		const char *end;
	} cases[] = { { 3, "(w:1)" },
		      { 4, "; 1 more expired waiver, ..." },
		      { 18, "; 15 more expired waivers, ..." } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report r = make_report(rows, 1);
		size_t named = 0;

		r.waiver = xcalloc(cases[i].n, sizeof(*r.waiver));
		r.nwaiver = cases[i].n;
		for (size_t k = 0; k < cases[i].n; k++)
			r.waiver[k] = (struct report_waiver){ .id = xstrdup("sys-a"),
							      .reason = xstrdup("r"),
							      .owner = xstrdup("eve"),
							      .origin = xstrdup("w:1"),
							      .days = -2,
							      .state = REPORT_WAIVER_EXPIRED };
		waivers_expire(&r);
		for (const char *p = r.cause; (p = strstr(p, "the waiver of")) != NULL; p++)
			named++;
		ck_assert_uint_eq(named, 3);
		ck_assert_msg(strstr(r.cause, cases[i].end) != NULL, "%s", r.cause);
		report_done(&r);
	}
}
END_TEST

START_TEST(an_empty_file_is_told_of_a_list)
{
	struct report r = { 0 };
	struct diag d = { 0 };

	ck_assert_int_lt(parse("// nothing\n", &r, &d), 0);
	ck_assert_ptr_nonnull(strstr(d.msg, "empty; the smallest file is []"));
	report_done(&r);
}
END_TEST

START_TEST(every_report_lists_them_with_what_they_saw)
{
	static const struct row rows[] = { { "net-b", REPORT_SCRATCH, REPORT_PASS },
					   { "net-c", REPORT_SCRATCH, REPORT_FAIL },
					   { "sys-a", REPORT_SCRATCH, REPORT_FAIL } };
	struct report r = make_report(rows, 3);
	struct diag d = { 0 };
	struct json_doc doc;
	const struct json *list;

	ck_assert_int_eq(parse("[" ONE("sys-a", "2027-01-01") "," ONE("net-b", "2027-01-01") "," ONE(
				   "net-c", "2026-01-01") "]",
			       &r, &d),
			 0);
	waivers_expire(&r);
	waivers_apply(&r);
	gate_judge(&r);
	for (int i = 0; i < 4; i++) {
		AUTO_FREE char *text = written(&r, i);

		ck_assert_ptr_nonnull(strstr(text, "because"));
		ck_assert_ptr_nonnull(strstr(text, "eve"));
		ck_assert_ptr_nonnull(strstr(text, "2027-01-01"));
		ck_assert_ptr_nonnull(strstr(text, "now-passing"));
		ck_assert_ptr_nonnull(strstr(text, "expired 59 days ago"));
		ck_assert_ptr_nonnull(strstr(text, "can be removed"));
		if (i != 2)
			ck_assert_ptr_nonnull(strstr(text, "what it saw"));
		if (i != 0)
			continue;
		ck_assert_int_eq(json_parse("r", text, strlen(text), JSON_PLAIN, &doc, &d), 0);
		list = json_get(&doc.root, "waivers");
		ck_assert_uint_eq(list->n, 3);
		ck_assert_str_eq(json_get(&list->item[0], "state")->string, "used");
		ck_assert_str_eq(json_get(&list->item[1], "state")->string, "now-passing");
		ck_assert_str_eq(json_get(&list->item[2], "state")->string, "expired");
		ck_assert_int_eq((int)json_get(&list->item[2], "days")->integer, -59);
		json_done(&doc);
	}
	report_done(&r);
}
END_TEST

Suite *waivers_suite(void)
{
	Suite *s = suite_create("waivers");
	TCase *tc = tcase_create("waivers");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, days_are_those_of_the_calendar);
	tcase_add_test(tc, a_file_is_read_whole);
	tcase_add_test(tc, what_is_not_understood_is_refused_with_its_place);
	tcase_add_test(tc, there_is_a_limit);
	tcase_add_test(tc, a_waiver_covers_findings_and_nothing_else);
	tcase_add_test(tc, a_waiver_of_one_box_leaves_the_other);
	tcase_add_test(tc, a_control_is_not_waived);
	tcase_add_test(tc, a_cause_names_three_that_expired);
	tcase_add_test(tc, an_empty_file_is_told_of_a_list);
	tcase_add_test(tc, every_report_lists_them_with_what_they_saw);
	suite_add_tcase(s, tc);
	return s;
}
