/* SPDX-License-Identifier: MIT */
/*
 * make check-calls: every hole that one slip in syscalls.def would make, in a scratch box of its own; a probe must
 * turn red. Prints TAP, and at the end what nobody saw. Slow, so not in `make check`: there
 * suites/unit/test_holes.c does the same on the simulator.
 * usage: calls PROJECT [GLOB...]    globs of probe ids; sys-filter-* by default
 */
#include "runner/suite.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"
#include "spawn.h"
#include "strv.h"
#include "util.h"

#define CALLS_SECONDS	  600.0
#define CALLS_BOX_SECONDS 30.0

struct calls_slot {
	struct scratch_job job;
	struct box_result *boxed;
	struct scratch_facts *facts;
	struct spawn child;
	double start;
};

struct calls {
	struct suite s;
	struct mutant_holes holes;
	struct calls_slot *slot; /* owned */
	struct strv unseen;
	size_t wrong, skipped;
};

/* Number 0 is the box without a hole: nothing may be red there. */
static void calls_begin(void *arg, size_t i, size_t slot)
{
	struct calls *c = arg;
	struct calls_slot *x = &c->slot[slot];
	void *facts =
	    mmap(NULL, sizeof(*x->facts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*x = (struct calls_slot){ .start = spawn_now(), .boxed = box_result_new(&c->s), .facts = facts };
	if (x->boxed == NULL || facts == MAP_FAILED)
		mem_oom();
	x->job = (struct scratch_job){ .suite = &c->s,
				       .mutant = i > 0 ? &c->holes.hole[i - 1].mutant : NULL,
				       .no_proof = true,
				       .boxed = x->boxed,
				       .facts = x->facts };
	if (spawn_start(&x->child, scratch_body, &x->job) < 0)
		mem_oom();
}

/* Who is red, blank-separated. Owned by the caller. */
static char *calls_red(const struct calls *c, const struct calls_slot *x)
{
	char *out = xstrdup("");

	for (size_t i = 0; i < c->s.manifest.n; i++) {
		const struct box_obs *obs = &x->boxed->obs[i];
		char *more;

		if (!obs->asked || judge_boxed(&c->s.manifest.row[i], obs) != REPORT_FAIL)
			continue;
		more = xasprintf("%s %s", out, c->s.manifest.row[i].id);
		free(out);
		out = more;
	}
	return out;
}

static const char *calls_broken(const struct calls_slot *x)
{
	if (x->facts->failed != 0)
		return x->facts->cause;
	if (x->facts->edit[0] != '\0')
		return x->facts->edit;
	if (!x->boxed->ran)
		return x->boxed->cause[0] != '\0' ? x->boxed->cause : "the box did not run";
	return NULL;
}

/* True when that probe (NULL: every one) said that it is not applicable. */
static bool calls_na(const struct calls *c, const struct calls_slot *x, const char *id)
{
	size_t asked = 0, na = 0;

	for (size_t i = 0; i < c->s.manifest.n; i++) {
		if (!x->boxed->obs[i].asked || (id != NULL && !streq(c->s.manifest.row[i].id, id)))
			continue;
		asked++;
		na += x->boxed->obs[i].test.seen == TAP_NA;
	}
	return asked > 0 && na == asked;
}

static void calls_tell(struct calls *c, size_t i, const struct calls_slot *x)
{
	const char *name = i > 0 ? c->holes.hole[i - 1].mutant.name : "no hole", *broken = calls_broken(x);
	bool other_abi = i > 0 && str_starts(name, "i386-");
	AUTO_FREE char *red = calls_red(c, x);

	/* Probes that could not tell say so: an entry that is not built, a host that has a listener already. */
	if (broken == NULL && i > 0 && red[0] == '\0' &&
	    calls_na(c, x, other_abi ? "sys-filter-i386" : NULL)) {
		c->skipped++;
		printf("ok %zu - %s # SKIP the probe that could tell is not applicable here\n", i + 1, name);
		return;
	}
	if (broken == NULL && (red[0] == '\0') == (i == 0)) {
		printf("ok %zu - %s is seen%s%s\n", i + 1, name, i > 0 ? " by" : " by none", red);
		return;
	}
	c->wrong++;
	printf("not ok %zu - %s\n# %s%s\n", i + 1, name,
	       broken != NULL ? broken
	       : i == 0	      ? "red without a hole:"
			      : "no probe sees it",
	       broken == NULL && i == 0 ? red : "");
	if (i > 0)
		strv_add(&c->unseen, name);
}

static void calls_end(void *arg, size_t i, size_t slot)
{
	struct calls *c = arg;
	struct calls_slot *x = &c->slot[slot];

	spawn_wait(&x->child, x->start + CALLS_BOX_SECONDS);
	calls_tell(c, i, x);
	fflush(stdout);
	box_result_free(x->boxed);
	munmap(x->facts, sizeof(*x->facts));
}

static void calls_select(struct suite *s, char **globs)
{
	static char ours[] = "sys-filter-*";
	static char *by_default[] = { ours, NULL };

	if (*globs == NULL)
		globs = by_default;
	s->selected = xcalloc(s->manifest.n + 1, sizeof(*s->selected));
	for (size_t i = 0; i < s->manifest.n; i++)
		for (char **g = globs; *g != NULL; g++)
			s->selected[i] = s->selected[i] || fnmatch(*g, s->manifest.row[i].id, 0) == 0;
}

/* The suite's own state, as its main makes it: no configuration, no network. */
static int calls_init(struct calls *c, char **argv, struct diag *d)
{
	static char self[] = "claude-sandbox", test[] = "--security-test", plain[] = "--no-config",
		    net[] = "--net", none[] = "none";
	static char *words[] = { self, test, plain, net, none, NULL, NULL };
	struct suite *s = &c->s;
	AUTO_FREE char *manifest = NULL;
	int r;

	words[5] = argv[1];
	s->argc = 6;
	s->argv = words;
	s->env = environ;
	s->cwd = getcwd(NULL, 0);
	s->home = xstrdup(getenv("HOME") != NULL ? getenv("HOME") : "");
	s->libexec = prepare_libexec(d);
	if (s->libexec == NULL)
		return d->code;
	s->probes = path_join(s->libexec, "probes");
	s->start = spawn_now();
	s->end = s->start + CALLS_SECONDS;
	manifest = path_join(s->probes, "MANIFEST");
	r = conf_load(s->argc, s->argv, s->env, s->cwd, s->home, &s->conf, d);
	if (r == 0)
		r = manifest_load(manifest, &s->manifest, d);
	if (r == 0)
		r = scratch_choose(s, d);
	if (r == 0)
		calls_select(s, argv + 2);
	return r;
}

int main(int argc, char **argv)
{
	static struct calls c;
	struct batch batch = { .arg = &c, .start = calls_begin, .finish = calls_end };
	struct diag d = { 0 };

	if (argc < 2) {
		fputs("usage: calls PROJECT [GLOB...]\n", stderr);
		return 2;
	}
	if (calls_init(&c, argv, &d) < 0) {
		printf("Bail out! %s\n", d.msg);
		return 1;
	}
	mutant_holes_make(&c.holes);
	batch.n = c.holes.n + 1;
	batch.width = suite_jobs(&c.s);
	c.slot = xcalloc(batch.width, sizeof(*c.slot));
	printf("TAP version 14\n1..%zu\n", batch.n);
	batch_run(&batch);
	scratch_clean(&c.s);
	printf("# %zu holes: %zu seen, %zu not applicable here, %zu seen by no probe; %.1f s\n", c.holes.n,
	       c.holes.n - c.skipped - c.unseen.n, c.skipped, c.unseen.n, spawn_now() - c.s.start);
	for (size_t i = 0; i < c.unseen.n; i++)
		printf("# unseen: %s\n", c.unseen.v[i]);
	/* Where no probe could tell anything, nothing was shown. */
	return c.wrong == 0 && c.skipped < c.holes.n ? 0 : 1;
}
