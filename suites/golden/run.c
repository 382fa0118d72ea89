/* SPDX-License-Identifier: MIT */
/*
 * Plans of recorded machines, held down. A case is a directory of
 * fixtures/golden: `host` names the recorded machine, `argv` has the options,
 * one a line (`conf.json`, `environ`, `cwd`: optional), `expect.txt` is the
 * plan, or the refusal. TAP on stdout; `golden --bless` rewrites expect.txt,
 * whose diff is then read.
 */
#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "conf.h"
#include "diag.h"
#include "filter.h"
#include "host.h"
#include "mem.h"
#include "plan.h"
#include "policy.h"
#include "recorded.h"
#include "scan.h"
#include "strv.h"
#include "util.h"
#include "verify.h"

#define CASES "fixtures/golden"

/* A file as one string, owned; "" when there is none. */
static char *golden_read(const char *path)
{
	AUTO_FILE FILE *f = fopen(path, "re");
	AUTO_FREE char *text = NULL;
	size_t cap = 0;

	if (f == NULL || getdelim(&text, &cap, '\0', f) < 0)
		return xstrdup("");
	return TAKE_PTR(text);
}

/* First line of a file, owned; `otherwise` when there is none. */
static char *golden_line(const char *dir, const char *name, const char *otherwise)
{
	AUTO_FREE char *path = xasprintf("%s/%s", dir, name);
	AUTO_FREE char *text = golden_read(path);

	text[strcspn(text, "\n")] = '\0';
	return xstrdup(text[0] != '\0' ? text : otherwise);
}

/* Settings as the launcher would have them on that machine; the config file's come after the options'. */
static int golden_conf(const char *dir, const struct recorded *rec, struct conf *ret, struct diag *d)
{
	AUTO_FREE char *argv_file = xasprintf("%s/argv", dir);
	AUTO_FREE char *conf_file = xasprintf("%s/conf.json", dir);
	AUTO_FREE char *text = golden_read(conf_file);
	const char *home = env_get(rec->env.v, "HOME"), *pwd = env_get(rec->env.v, "PWD");
	AUTO_FREE char *cwd = golden_line(dir, "cwd", pwd != NULL ? pwd : "/");
	AUTO_STRV struct strv argv = { 0 };
	int r;

	strv_add(&argv, "claude-sandbox");
	/* The launcher's own look for a config file would be at this machine. */
	strv_add(&argv, "--no-config");
	r = recorded_lines(argv_file, &argv);
	if (r < 0)
		return diag_errno(d, r, "%s", argv_file);
	r = conf_load((int)argv.n, argv.v, rec->env.v, cwd, home != NULL ? home : "", ret, d);
	if (r == 0 && text[0] != '\0')
		r = conf_apply_text(ret, "conf.json", text, strlen(text), home != NULL ? home : "", d);
	return r;
}

static void golden_policy(const struct policy *p, FILE *out)
{
	fputs("# command:", out);
	for (size_t i = 0; i < p->command.n; i++)
		fprintf(out, " %s", p->command.v[i]);
	putc('\n', out);
	fprintf(out, "# kernel uid %u gid %u, inside %s %u:%u, home %s\n", p->kernel_uid, p->kernel_gid,
		p->user, p->uid, p->gid, p->home);
	for (size_t i = 0; i < p->weaker.n; i++)
		fprintf(out, "# weaker: %s\n", p->weaker.v[i]);
	for (size_t i = 0; i < p->openings.n; i++)
		fprintf(out, "# opening: %s\n", p->openings.v[i]);
	for (size_t i = 0; i < p->notes.n; i++)
		fprintf(out, "# note: %s\n", p->notes.v[i]);
	for (size_t i = 0; i < p->ncred; i++)
		fprintf(out, "# credentials %s: %s %s\n", p->cred[i].id, p->cred[i].path,
			p->cred[i].opened_by != NULL ? "open" : "closed");
}

/* The phases in the launcher's order, up to what would be handed to bwrap. */
static int golden_plan(const struct conf *conf, const struct recorded *rec, FILE *out, struct diag *d)
{
	struct host_source source = recorded_source(rec);
	struct filter filter = { 0 };
	struct policy policy = { 0 };
	struct plan plan = { 0 };
	struct host host = { 0 };
	struct scan scan = { 0 };
	int r = host_load(&source, conf, &host, d);

	if (r == 0)
		r = policy_resolve(conf, &host, &policy, d);
	if (r == 0)
		r = (policy.filter & FILTER_TELL) != 0 ? filter_default_told(AUDIT_ARCH_X86_64, &filter, d)
						       : filter_default(AUDIT_ARCH_X86_64, &filter, d);
	if (r == 0)
		r = scan_trees(&policy, rec->rootfd, "", 0, &scan, d);
	if (r == 0)
		autorun_add(&policy, &scan.autorun);
	for (size_t i = 0; i < scan.notes.n; i++)
		strv_add(&policy.notes, scan.notes.v[i]);
	for (size_t i = 0; i < scan.weaker.n; i++)
		strv_add(&policy.weaker, scan.weaker.v[i]);
	if (r == 0)
		r = compose_plan(&policy, &filter, &scan.found, &plan, d);
	if (r == 0)
		r = verify_plan(&plan, &policy, d);
	if (r == 0) {
		golden_policy(&policy, out);
		plan_dump_text(&plan, out);
	}
	plan_done(&plan);
	filter_done(&filter);
	scan_done(&scan);
	policy_done(&policy);
	host_done(&host);
	return r;
}

/* What a case gives, owned: the plan, or the refusal as the user reads it. NULL when the case itself is broken. */
static char *golden_run(const char *dir, struct diag *d)
{
	AUTO_FREE char *name = golden_line(dir, "host", "");
	AUTO_FREE char *environ_file = xasprintf("%s/environ", dir);
	AUTO_RECORDED struct recorded rec = { .rootfd = -1 };
	AUTO_STRV struct strv extra = { 0 };
	struct conf conf = { .status_fd = -1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	if (recorded_open(name, &rec, d) < 0)
		return NULL;
	recorded_lines(environ_file, &extra);
	for (size_t i = 0; i < extra.n; i++)
		recorded_setenv(&rec, extra.v[i]);
	out = open_memstream(&text, &len);
	if (out == NULL)
		mem_oom();
	if (golden_conf(dir, &rec, &conf, d) < 0 || golden_plan(&conf, &rec, out, d) < 0)
		fprintf(out, "refused: %s%s%s\n", d->msg, d->try[0] != '\0' ? "; try: " : "", d->try);
	fclose(out);
	conf_done(&conf);
	return text;
}

static bool golden_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f != NULL && fputs(text, f) >= 0;

	return f != NULL && fclose(f) == 0 && ok;
}

/* The first line that differs, as a comment. */
static void golden_diff(const char *want, const char *got)
{
	unsigned line = 1;

	for (;; line++) {
		size_t w = strcspn(want, "\n"), g = strcspn(got, "\n");

		if (w != g || strncmp(want, got, w) != 0 || want[w] == '\0' || got[g] == '\0') {
			printf("# line %u\n#   expected: %.*s\n#   now:      %.*s\n", line, (int)w, want,
			       (int)g, got);
			return;
		}
		want += w + 1;
		got += g + 1;
	}
}

static bool golden_case(const char *name, bool bless, char **ret)
{
	AUTO_FREE char *dir = xasprintf("%s/%s", CASES, name);
	AUTO_FREE char *expect = xasprintf("%s/expect.txt", dir);
	AUTO_FREE char *want = golden_read(expect);
	struct diag d = { 0 };

	*ret = golden_run(dir, &d);
	if (*ret == NULL) {
		printf("# %s\n", d.msg);
		return false;
	}
	if (bless)
		return golden_write(expect, *ret);
	if (streq(want, *ret))
		return true;
	golden_diff(want, *ret);
	return false;
}

int main(int argc, char **argv)
{
	bool bless = argc == 2 && streq(argv[1], "--bless"), failed = false, twins = false;
	AUTO_STRV struct strv cases = { 0 };
	AUTO_STRV struct strv results = { 0 };

	if (argc > 1 && !bless) {
		fprintf(stderr, "usage: golden [--bless]    from the top of the source tree\n");
		return 2;
	}
	if (recorded_list(CASES, &cases) < 0 || cases.n == 0) {
		fprintf(stderr, "golden: no cases in %s: run it from the top of the source tree\n", CASES);
		return 2;
	}
	for (size_t i = 0; i < cases.n; i++) {
		char *text = NULL;
		bool ok = golden_case(cases.v[i], bless, &text);

		printf("%s %zu - %s\n", ok ? "ok" : "not ok", i + 1, cases.v[i]);
		failed |= !ok;
		strv_take(&results, text != NULL ? text : xasprintf("broken case %zu", i));
	}
	/* A case that gives what another one gives tests nothing, or its option does nothing. */
	for (size_t i = 0; i < results.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!streq(results.v[i], results.v[k]))
				continue;
			printf("# %s gives the same as %s\n", cases.v[i], cases.v[k]);
			twins = true;
			break;
		}
	}
	printf("%s %zu - no two cases give the same\n1..%zu\n", twins ? "not ok" : "ok", cases.n + 1,
	       cases.n + 1);
	return failed || twins ? 1 : 0;
}
