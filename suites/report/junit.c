/* SPDX-License-Identifier: MIT */
/*
 * The report as JUnit XML: one suite for each area and arm, one for the
 * mutants, and first one for the verdict itself, so that a run without a
 * verdict is red wherever only tests are counted. The only file that knows
 * libxml2.
 */
#include "report/report.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <string.h>

#include "jsonout.h"
#include "mem.h"
#include "report/areas.h"
#include "util.h"

struct junit {
	xmlTextWriterPtr w;
	bool bad; /* the writer failed once */
};

struct junit_counts {
	size_t n[REPORT_GREEN + 1], all;
	double seconds;
};

/* --- XML */

/*
 * What XML 1.0 has no place for, shown: a control character as its picture
 * (U+2400 and on), a byte that is no UTF-8 and a character that is none as \xNN.
 */
static char *junit_clean(const char *text)
{
	size_t n = strlen(text), len = 0;
	char *out = NULL;
	FILE *f = open_memstream(&out, &len);

	if (f == NULL)
		mem_oom();
	for (size_t i = 0, k; i < n; i += k) {
		unsigned char c = (unsigned char)text[i];

		k = jsonout_utf8(text + i, n - i);
		if (k == 0 || str_starts(text + i, "\xef\xbf\xbe") || str_starts(text + i, "\xef\xbf\xbf")) {
			fprintf(f, "\\x%02x", c);
			k = 1;
		} else if (c == 0x7f) {
			fputs("\xe2\x90\xa1", f);
		} else if (c < 0x20 && c != '\n' && c != '\t') {
			fprintf(f, "\xe2\x90%c", 0x80 + c);
		} else {
			fwrite(text + i, 1, k, f);
		}
	}
	if (fclose(f) != 0)
		mem_oom();
	return out;
}

static void junit_open(struct junit *j, const char *name)
{
	j->bad |= xmlTextWriterStartElement(j->w, (const xmlChar *)name) < 0;
}

static void junit_close(struct junit *j)
{
	j->bad |= xmlTextWriterEndElement(j->w) < 0;
}

static void junit_attr(struct junit *j, const char *name, const char *value)
{
	AUTO_FREE char *clean = junit_clean(value);

	j->bad |= xmlTextWriterWriteAttribute(j->w, (const xmlChar *)name, (const xmlChar *)clean) < 0;
}

static void junit_number(struct junit *j, const char *name, size_t value)
{
	AUTO_FREE char *text = xasprintf("%zu", value);

	junit_attr(j, name, text);
}

/* At most three decimals: what the schema of Jenkins takes. */
static void junit_time(struct junit *j, double seconds)
{
	AUTO_FREE char *text = xasprintf("%.3f", seconds);

	junit_attr(j, "time", text);
}

static void junit_text(struct junit *j, const char *text)
{
	AUTO_FREE char *clean = junit_clean(text);

	j->bad |= xmlTextWriterWriteString(j->w, (const xmlChar *)clean) < 0;
}

static void junit_property(struct junit *j, const char *name, const char *value)
{
	junit_open(j, "property");
	junit_attr(j, "name", name);
	junit_attr(j, "value", value != NULL ? value : "unknown");
	junit_close(j);
}

/* --- what every suite and case has */

static void junit_suite(struct junit *j, const char *name, const struct junit_counts *c)
{
	junit_open(j, "testsuite");
	junit_attr(j, "name", name);
	junit_number(j, "tests", c->all);
	junit_number(j, "failures", c->n[REPORT_RED]);
	junit_number(j, "errors", c->n[REPORT_BROKEN]);
	junit_number(j, "skipped", c->n[REPORT_PASSED_OVER]);
	junit_time(j, c->seconds);
}

static void junit_case(struct junit *j, const char *name, const char *class, double seconds)
{
	junit_open(j, "testcase");
	junit_attr(j, "name", name);
	junit_attr(j, "classname", class);
	junit_time(j, seconds);
}

/* state: in our own words; text: NULL for none. */
static void junit_outcome(struct junit *j, enum report_outcome o, const char *state, const char *message,
			  const char *text)
{
	static const char *const elements[] = {
		[REPORT_BROKEN] = "error",
		[REPORT_RED] = "failure",
		[REPORT_PASSED_OVER] = "skipped",
	};

	if (o == REPORT_GREEN)
		return;
	junit_open(j, elements[o]);
	junit_attr(j, "type", state);
	junit_attr(j, "message", message);
	if (text != NULL)
		junit_text(j, text);
	junit_close(j);
}

static void junit_count(struct junit_counts *c, enum report_outcome o, double seconds)
{
	c->n[o]++;
	c->all++;
	c->seconds += seconds;
}

/* --- probes */

static char *junit_probe_text(const struct report_probe *p)
{
	return xasprintf("%s\nexpected: %s\nobserved: %s %s\nstep: %s\ndetail: %s\nthreat: %s\nseverity: %s\n"
			 "remedy: %s\nsee: %s\n",
			 p->title, p->expected, p->observed, p->err, p->step, p->detail, p->threat,
			 p->severity, p->remedy != NULL ? p->remedy : "-", p->see != NULL ? p->see : "-");
}

static void junit_probe(struct junit *j, const struct report_probe *p)
{
	AUTO_FREE char *class =
	    xasprintf("claude-sandbox.%s.%s", report_arm_name(p->arm), report_where_name(p->where));
	AUTO_FREE char *message = xasprintf("%s%s: %s", report_state_name(p->state),
					    p->below	? ", below --fail-on"
					    : p->counts ? ", counted by --fail-on"
							: "",
					    p->reason != NULL	      ? p->reason
					    : p->state == REPORT_PASS ? p->title
								      : p->detail);
	AUTO_FREE char *text = junit_probe_text(p);
	enum report_outcome o = report_outcome(p);

	junit_case(j, p->id, class, p->seconds);
	junit_outcome(j, o, report_state_name(p->state), message, o == REPORT_PASSED_OVER ? NULL : text);
	junit_close(j);
}

static void junit_area(struct junit *j, const struct report *r, const struct area *a, enum report_arm arm)
{
	AUTO_FREE char *name = xasprintf("%s, %s", a->name, report_arm_name(arm));
	struct junit_counts c = { 0 };

	for (size_t i = 0; i < r->n; i++) {
		if (r->probe[i].arm == arm && area_has(a, r->probe[i].id))
			junit_count(&c, report_outcome(&r->probe[i]), r->probe[i].seconds);
	}
	if (c.all == 0)
		return;
	junit_suite(j, name, &c);
	for (size_t i = 0; i < r->n; i++) {
		if (r->probe[i].arm == arm && area_has(a, r->probe[i].id))
			junit_probe(j, &r->probe[i]);
	}
	junit_close(j);
}

/* --- mutants */

static enum report_outcome junit_of_mutant(const struct report_mutant *m)
{
	switch (m->state) {
	case REPORT_KILLED:
		return REPORT_GREEN;
	case REPORT_SURVIVED:
		return REPORT_RED;
	case REPORT_MUTANT_ERROR:
		break;
	}
	return REPORT_BROKEN;
}

static void junit_mutants(struct junit *j, const struct report *r)
{
	struct junit_counts c = { 0 };

	for (size_t i = 0; i < r->nmutant; i++)
		junit_count(&c, junit_of_mutant(&r->mutant[i]), r->mutant[i].seconds);
	if (c.all == 0)
		return;
	junit_suite(j, "mutants", &c);
	for (size_t i = 0; i < r->nmutant; i++) {
		const struct report_mutant *m = &r->mutant[i];

		junit_case(j, m->id, "claude-sandbox.mutants", m->seconds);
		junit_outcome(j, junit_of_mutant(m), report_mutant_state_name(m->state),
			      m->reason != NULL ? m->reason : m->why, m->why);
		junit_close(j);
	}
	junit_close(j);
}

/* --- the verdict */

static enum report_outcome junit_of_verdict(enum report_verdict v)
{
	switch (v) {
	case REPORT_VERDICT_PASS:
		return REPORT_GREEN;
	case REPORT_VERDICT_FAIL:
		return REPORT_RED;
	case REPORT_VERDICT_ERROR:
	case REPORT_VERDICT_INCOMPLETE:
	case REPORT_VERDICTS:
		break;
	}
	return REPORT_BROKEN;
}

static void junit_lines(struct junit *j, const char *head, const struct strv *list)
{
	for (size_t i = 0; i < list->n; i++) {
		junit_text(j, head);
		junit_text(j, list->v[i]);
		junit_text(j, "\n");
	}
}

static void junit_verdict(struct junit *j, const struct report *r)
{
	const char *verdict = report_verdict_name(r->verdict);
	AUTO_FREE char *message =
	    xasprintf("%s%s%s", verdict, r->cause != NULL ? ": " : "", r->cause != NULL ? r->cause : "");
	struct junit_counts c = { 0 };

	junit_count(&c, junit_of_verdict(r->verdict), r->seconds);
	junit_suite(j, "verdict", &c);
	junit_open(j, "properties");
	junit_property(j, "verdict", verdict);
	for (size_t i = 0; i < r->nfingerprint; i++)
		junit_property(j, r->fingerprint[i].name, r->fingerprint[i].value);
	junit_close(j);
	junit_case(j, "verdict", "claude-sandbox", r->seconds);
	junit_outcome(j, junit_of_verdict(r->verdict), verdict, message, NULL);
	junit_close(j);
	junit_open(j, "system-out");
	junit_lines(j, "left open on purpose: ", &r->open);
	junit_lines(j, "note: ", &r->notes);
	junit_close(j);
	junit_close(j);
}

/* --- all of it */

static void junit_head(struct junit *j, const struct report *r)
{
	struct junit_counts c = { 0 };

	junit_count(&c, junit_of_verdict(r->verdict), 0);
	for (size_t i = 0; i < r->n; i++)
		junit_count(&c, report_outcome(&r->probe[i]), 0);
	for (size_t i = 0; i < r->nmutant; i++)
		junit_count(&c, junit_of_mutant(&r->mutant[i]), 0);
	junit_attr(j, "name", "claude-sandbox security test");
	junit_number(j, "tests", c.all);
	junit_number(j, "failures", c.n[REPORT_RED]);
	junit_number(j, "errors", c.n[REPORT_BROKEN]);
	junit_time(j, r->seconds);
}

static void junit_document(struct junit *j, const struct report *r)
{
	j->bad |= xmlTextWriterSetIndent(j->w, 1) < 0;
	j->bad |= xmlTextWriterStartDocument(j->w, NULL, "UTF-8", NULL) < 0;
	junit_open(j, "testsuites");
	junit_head(j, r);
	junit_verdict(j, r);
	for (const struct area *a = areas;; a++) {
		for (int arm = 0; arm < REPORT_ARMS; arm++)
			junit_area(j, r, a, (enum report_arm)arm);
		if (a->prefix == NULL)
			break;
	}
	junit_mutants(j, r);
	j->bad |= xmlTextWriterEndDocument(j->w) < 0;
}

int report_write_junit(const struct report *r, FILE *f)
{
	xmlBufferPtr buf = xmlBufferCreate();
	struct junit j = { .w = buf != NULL ? xmlNewTextWriterMemory(buf, 0) : NULL };

	if (j.w != NULL) {
		junit_document(&j, r);
		xmlFreeTextWriter(j.w);
		if (!j.bad)
			fwrite(xmlBufferContent(buf), 1, (size_t)xmlBufferLength(buf), f);
	}
	if (buf != NULL)
		xmlBufferFree(buf);
	return j.w != NULL && !j.bad ? 0 : -ENOMEM;
}
