/* SPDX-License-Identifier: MIT */
/*
 * Every mutant of the table in a scratch box of its own: verify must refuse it
 * where the table says so, the named probes must go red, the launch proof must
 * miss it. A mutant that nobody notices is a finding about the suite.
 */
#include "runner/suite.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "filter.h"
#include "mem.h"
#include "spawn.h"
#include "strv.h"
#include "util.h"

#define MUTATE_SECONDS 60.0
#define MUTATE_JOBS    8 /* where --jobs does not say */
#define MUTATE_RUNS    5 /* of one mutant, where the host replaces files meanwhile */

struct second;
struct mutate {
	struct scratch_job job;
	struct box_result *boxed;
	struct scratch_facts *facts;
	const struct second *second; /* NULL: an ordinary mutant */
	double start;
	struct spawn child;
};

bool mutate_named(const char *list, const char *id)
{
	size_t n = strlen(id);

	for (const char *p = list; (p = strstr(p, id)) != NULL; p += n) {
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}

/* True when the act succeeds on this machine, in the box without a sandbox. */
static bool mutate_possible(const struct suite *s, const char *id)
{
	for (size_t i = 0; i < s->report.n; i++) {
		const struct report_probe *p = &s->report.probe[i];

		if (p->arm == REPORT_OPEN && streq(p->id, id))
			return p->state == REPORT_PASS;
	}
	return false;
}

/* Named by the mutant it must go red; named by the manifest only where the act is possible here. */
static bool mutate_stayed(const struct suite *s, const struct mutate *m, size_t i)
{
	const struct manifest_row *row = &s->manifest.row[i];
	const struct box_obs *obs = &m->boxed->obs[i];
	enum report_state state = judge_boxed(row, obs);

	if (!obs->asked || state == REPORT_FAIL)
		return false;
	return mutate_named(m->job.mutant->killed_by, row->id) ||
	       (strv_has(&row->mutants, m->job.mutant->name) && state != REPORT_SKIP &&
		mutate_possible(s, row->id));
}

/* The named probes that stayed green; empty: all went red. */
static char *mutate_missing(const struct suite *s, const struct mutate *m)
{
	char *out = xstrdup("");

	for (size_t i = 0; i < s->manifest.n; i++) {
		const struct manifest_row *row = &s->manifest.row[i];
		char *more;

		if (!mutate_stayed(s, m, i))
			continue;
		more = xasprintf("%s%s%s", out, out[0] != '\0' ? ", " : "", row->id);
		free(out);
		out = more;
	}
	return out;
}

/* A name in the table that no probe has: the table is wrong. */
static const char *mutate_unknown(const struct suite *s, const char *list)
{
	static char word[64];

	while (*list != '\0') {
		size_t n = strcspn(list, " ");

		if (n > 0 && n < sizeof(word)) {
			memcpy(word, list, n);
			word[n] = '\0';
			if (manifest_find(&s->manifest, word) == NULL)
				return word;
		}
		list += n + strspn(list + n, " ");
	}
	return NULL;
}

char *mutate_red(const struct suite *s, const struct mutant *mutant, const struct box_result *boxed,
		 struct strv *red)
{
	size_t asked = 0;

	for (size_t i = 0; i < s->manifest.n; i++) {
		const struct manifest_row *row = &s->manifest.row[i];

		if (!boxed->obs[i].asked)
			continue;
		asked++;
		if (judge_boxed(row, &boxed->obs[i]) != REPORT_FAIL)
			continue;
		/* It tells nothing of the mutant: neither that the box is broken nor that it was noticed. */
		if (judge_overtaken(boxed, row->id)) {
			if (mutate_named(mutant->killed_by, row->id))
				return xasprintf(
				    "the host replaced its %s while the box was running: run the "
				    "test again",
				    boxed->replaced);
			continue;
		}
		if (manifest_is_function(row) && !mutate_named(mutant->killed_by, row->id))
			return xasprintf("the box no longer works (%s: %s): that is not one edit", row->id,
					 boxed->obs[i].test.detail);
		strv_add(red, row->id);
	}
	if (3 * red->n > asked && asked >= 12)
		return xasprintf("%zu of %zu rows went red: that is not one edit", red->n, asked);
	return NULL;
}

/* Why what its box saw can't be judged; NULL: it can. */
static char *mutate_unjudged(const struct mutate *m, const char *unknown)
{
	if (m->child.late)
		return xasprintf("it did not end within %g s", MUTATE_SECONDS);
	if (m->facts->failed != 0 || m->facts->edit[0] != '\0')
		return xstrdup(m->facts->failed != 0 ? m->facts->cause : m->facts->edit);
	if (unknown != NULL)
		return xasprintf("no such probe: %s", unknown);
	return m->boxed->ran ? NULL : xasprintf("the box did not run: %s", m->boxed->cause);
}

static void mutate_judge(struct suite *s, struct mutate *m, struct report_mutant *r)
{
	const struct mutant *mu = m->job.mutant;
	const char *unknown = mutate_unknown(s, mu->killed_by);
	char *missing;

	*r = (struct report_mutant){ .id = mu->name,
				     .why = mu->why,
				     .state = REPORT_MUTANT_ERROR,
				     .seconds = spawn_now() - m->start };
	if (m->facts->verify[0] != '\0')
		r->verify = xstrdup(m->facts->verify);
	if (m->facts->proof[0] != '\0')
		r->proof = xstrdup(m->facts->proof);
	r->reason = mutate_unjudged(m, unknown);
	if (r->reason == NULL)
		r->reason = mutate_red(s, mu, m->boxed, &r->killed_by);
	if (r->reason != NULL)
		return;
	r->state = REPORT_SURVIVED;
	missing = mutate_missing(s, m);
	if (missing[0] != '\0')
		r->reason = xasprintf("still green: %s", missing);
	else if (r->killed_by.n == 0 && mu->killed_by[0] != '\0')
		r->reason = xstrdup("no probe noticed");
	else if (mu->verify_refuses != (r->verify != NULL))
		r->reason = xasprintf("verify %s the plan",
				      mu->verify_refuses ? "lets pass" : "refuses, unexpectedly,");
	else if (mu->proof_refuses != (r->proof != NULL))
		r->reason = xasprintf("the launch proof %s%s%s",
				      mu->proof_refuses ? "misses nothing" : "misses something, unexpectedly",
				      m->facts->unproved[0] != '\0' ? ": " : "", m->facts->unproved);
	else
		r->state = REPORT_KILLED;
	free(missing);
}

/* --- the second layer */

static const struct second {
	const char *id, *mutant, *why;
	int abi;
	const char *wide;      /* one path too many for Landlock; NULL: none */
	const char *from, *to; /* the layer before and after; NULL: it does not matter */
	const char *probes;
} seconds[] = {
#define SECOND(mutant_, abi_, probes_) \
	{ .id = "landlock-alone-" mutant_, \
	  .mutant = mutant_, \
	  .why = "the first layer is gone, Landlock holds", \
	  .abi = abi_, \
	  .probes = probes_ },
#define WIDE(mutant_, abi_, path_, probes_) \
	{ .id = "landlock-wide-" mutant_, \
	  .mutant = mutant_, \
	  .why = "the first layer is gone, Landlock has one path too many", \
	  .abi = abi_, \
	  .wide = path_, \
	  .probes = probes_ },
#define MOVED(mutant_, abi_, probe_, from_, to_) \
	{ .id = "moves-" mutant_, \
	  .mutant = mutant_, \
	  .why = from_ " is gone, " to_ " refuses", \
	  .abi = abi_, \
	  .from = from_, \
	  .to = to_, \
	  .probes = probe_ },
#include "mutants/second.def"
#undef SECOND
#undef WIDE
#undef MOVED
};

/* What the report says of the real box. */
static const char *mutate_layer_before(const struct suite *s, const char *id)
{
	for (size_t i = 0; i < s->report.n; i++) {
		const struct report_probe *p = &s->report.probe[i];

		if (p->arm == REPORT_BOXED && p->where == REPORT_SCRATCH && streq(p->id, id))
			return p->layer;
	}
	return NULL;
}

static bool mutate_is(const char *layer, const char *name)
{
	return layer != NULL && streq(layer, name);
}

/* True when the row shows what the second run is to show. */
static bool mutate_second_holds(const struct suite *s, const struct mutate *m, size_t i)
{
	const struct manifest_row *row = &s->manifest.row[i];
	const struct box_obs *obs = &m->boxed->obs[i];
	enum report_state state = obs->asked ? judge_boxed(row, obs) : REPORT_ERROR;

	if (m->second->wide != NULL)
		return state == REPORT_FAIL;
	if (state != REPORT_PASS || m->second->to == NULL)
		return state == REPORT_PASS;
	return mutate_is(mutate_layer_before(s, row->id), m->second->from) &&
	       mutate_is(judge_layer(s, row, obs), m->second->to);
}

/* The named probes that do not show it; empty: all do. */
static char *mutate_second_missing(const struct suite *s, const struct mutate *m)
{
	char *out = xstrdup("");

	for (size_t i = 0; i < s->manifest.n; i++) {
		const char *id = s->manifest.row[i].id;
		char *more;

		if (!mutate_named(m->second->probes, id) || mutate_second_holds(s, m, i))
			continue;
		more = xasprintf("%s%s%s (%s %s)", out, out[0] != '\0' ? ", " : "", id,
				 tap_seen_name(m->boxed->obs[i].test.seen), m->boxed->obs[i].test.err);
		free(out);
		out = more;
	}
	return out;
}

static void mutate_second_killed_by(const struct suite *s, const struct mutate *m, struct report_mutant *r)
{
	if (m->second->wide == NULL) {
		strv_add(&r->killed_by, m->second->to != NULL ? m->second->to : "landlock");
		return;
	}
	for (size_t i = 0; i < s->manifest.n; i++)
		if (mutate_named(m->second->probes, s->manifest.row[i].id))
			strv_add(&r->killed_by, s->manifest.row[i].id);
}

/* Noticed means here: what the row of second.def says is what is seen. */
static void mutate_judge_second(struct suite *s, struct mutate *m, struct report_mutant *r)
{
	const char *unknown = mutate_unknown(s, m->second->probes);
	AUTO_FREE char *missing = mutate_second_missing(s, m);

	*r = (struct report_mutant){ .id = m->second->id,
				     .why = m->second->why,
				     .state = REPORT_MUTANT_ERROR,
				     .seconds = spawn_now() - m->start };
	r->reason = mutate_unjudged(m, unknown);
	if (r->reason != NULL)
		return;
	r->state = missing[0] == '\0' ? REPORT_KILLED : REPORT_SURVIVED;
	if (missing[0] != '\0')
		r->reason = xasprintf("%s: %s",
				      m->second->wide != NULL ? "still refused"
				      : m->second->to != NULL ? "the layer did not move"
							      : "Landlock did not refuse",
				      missing);
	else
		mutate_second_killed_by(s, m, r);
}

static const struct mutant *mutate_find(const char *name)
{
	for (size_t i = 0; i < mutants_n; i++)
		if (streq(mutants[i].name, name))
			return &mutants[i];
	return NULL;
}

static bool mutate_start(const struct suite *s, const struct mutant *mutant, const struct second *second,
			 struct mutate *m)
{
	void *facts =
	    mmap(NULL, sizeof(*m->facts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*m = (struct mutate){ .start = spawn_now(), .boxed = box_result_new(s), .facts = facts };
	if (m->boxed == NULL || facts == MAP_FAILED)
		mem_oom();
	m->second = second;
	m->job = (struct scratch_job){ .suite = s,
				       .mutant = mutant,
				       .second_layer = second != NULL,
				       .wide = second != NULL ? second->wide : NULL,
				       .boxed = m->boxed,
				       .facts = m->facts };
	return spawn_start(&m->child, scratch_body, &m->job) == 0;
}

bool mutate_again(enum report_mutant_state state, const struct box_result *boxed, int runs)
{
	return state != REPORT_KILLED && boxed->replaced[0] != '\0' && runs < MUTATE_RUNS;
}

/* True: it tells nothing of the mutant, and another run may. */
static bool mutate_finish(struct suite *s, struct mutate *m, int runs, struct report_mutant *r)
{
	bool again;

	spawn_wait(&m->child, m->start + MUTATE_SECONDS);
	if (m->second != NULL)
		mutate_judge_second(s, m, r);
	else
		mutate_judge(s, m, r);
	again = mutate_again(r->state, m->boxed, runs);
	box_result_free(m->boxed);
	munmap(m->facts, sizeof(*m->facts));
	return again;
}

/* --- what no box can show on this kernel: the simulator sees it */

static void mutate_simulate(struct suite *s, const struct mutant_simulated *m)
{
	struct report_mutant *r = &s->report.mutant[s->report.nmutant++];
	double start = spawn_now();
	struct filter f = { 0 };
	struct diag d = { 0 };
	char *reason = NULL;

	*r = (struct report_mutant){ .id = m->mutant.name, .why = m->mutant.why };
	if (filter_default(filter_native_arch(), &f, &d) < 0)
		reason = xstrdup(d.msg);
	else
		reason = mutant_simulate(m, (const char *)f.insn, f.n * sizeof(*f.insn));
	r->state = reason == NULL ? REPORT_KILLED : REPORT_SURVIVED;
	r->reason = reason != NULL ? reason : xasprintf("in the simulator only: %s", m->reason);
	if (r->state == REPORT_KILLED)
		strv_add(&r->killed_by, "simulator");
	filter_done(&f);
	r->seconds = spawn_now() - start;
}

/* Probes that no mutant turned red, but for those that show that the box works. */
static void mutate_idle(struct suite *s)
{
	for (size_t i = 0; i < s->manifest.n; i++) {
		const char *id = s->manifest.row[i].id;
		bool killer = !s->selected[i] || manifest_is_function(&s->manifest.row[i]);

		for (size_t k = 0; k < s->report.nmutant && !killer; k++)
			killer = strv_has(&s->report.mutant[k].killed_by, id);
		if (!killer)
			strv_add(&s->report.idle, id);
	}
}

size_t suite_jobs(const struct suite *s)
{
	cpu_set_t set;
	int n = s->conf.jobs;

	/* The directory on disk that stands for the tmpfs can serve one box at a time. */
	if (s->disk != NULL)
		return 1;
	if (n == 0)
		n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 2;
	if (s->conf.jobs == 0 && n > MUTATE_JOBS)
		n = MUTATE_JOBS;
	return n > 0 ? (size_t)n : 1;
}

struct mutate_row {
	const struct mutant *mutant;
	const struct second *second; /* NULL: an ordinary one */
};

struct mutate_run {
	struct suite *s;
	struct mutate *slot;
	struct mutate_row *row; /* owned */
	size_t n;
};

static void mutate_begin(void *arg, size_t i, size_t slot)
{
	struct mutate_run *run = arg;
	const struct mutate_row *row = &run->row[i];

	progress_say("mutant %zu of %zu: %s", i + 1, run->n,
		     row->second != NULL ? row->second->id : row->mutant->name);
	if (!mutate_start(run->s, row->mutant, row->second, &run->slot[slot]))
		mem_oom();
}

static void mutate_end(void *arg, size_t i, size_t slot)
{
	struct mutate_run *run = arg;

	struct report_mutant *r = &run->s->report.mutant[i];

	for (int runs = 1; mutate_finish(run->s, &run->slot[slot], runs, r); runs++) {
		report_mutant_done(r);
		mutate_begin(run, i, slot);
	}
	run->s->report.nmutant = i + 1;
}

/* Why there are no hosts outside here, as their rows say; NULL: there are. */
static const char *mutate_no_outside(const struct suite *s)
{
	for (size_t i = 0; i < s->report.n; i++) {
		const struct report_probe *p = &s->report.probe[i];

		if (p->arm == REPORT_OPEN && p->state == REPORT_SKIP &&
		    box_is_outside(manifest_find(&s->manifest, p->id)))
			return p->reason;
	}
	return NULL;
}

static void mutate_list(struct mutate_run *run)
{
	const char *no_outside = mutate_no_outside(run->s);
	size_t left_out = 0;

	run->row = xcalloc(mutants_n + ARRAY_SIZE(seconds), sizeof(*run->row));
	for (size_t i = 0; i < mutants_n; i++)
		if (no_outside == NULL || !mutant_is_outside(&mutants[i]))
			run->row[run->n++].mutant = &mutants[i];
		else
			left_out++;
	if (left_out > 0)
		strv_addf(&run->s->report.notes, "%zu mutants of the filtered network were not run: %s",
			  left_out, no_outside);
	/* Where the kernel has no such Landlock, the suite says so in its fingerprint. */
	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++)
		if (run->s->landlock_abi >= seconds[i].abi) {
			run->row[run->n] = (struct mutate_row){ mutate_find(seconds[i].mutant), &seconds[i] };
			if (run->row[run->n++].mutant == NULL)
				abort();
		}
}

void mutate_all(struct suite *s)
{
	const size_t jobs = suite_jobs(s);
	AUTO_FREE struct mutate *slots = xcalloc(jobs, sizeof(*slots));
	struct mutate_run run = { .s = s, .slot = slots };
	struct batch batch = { .width = jobs, .arg = &run, .start = mutate_begin, .finish = mutate_end };

	mutate_list(&run);
	s->report.mutant = xcalloc(run.n + mutants_simulated_n + 1, sizeof(*s->report.mutant));
	batch.n = run.n;
	batch_run(&batch);
	free(run.row);
	for (size_t i = 0; i < mutants_simulated_n; i++)
		mutate_simulate(s, &mutants_simulated[i]);
	mutate_idle(s);
}
