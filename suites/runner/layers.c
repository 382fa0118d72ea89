/* SPDX-License-Identifier: MIT */
/*
 * How many layers refuse an act, by reruns of the scratch box.
 *
 * DOC: theory of operation
 * Three kinds of boxes: with every layer of layers.def off, with all but one off,
 * and with one off. A layer refuses an act by itself when the act gets through
 * with all off and is refused with only this one on; or when it is refused anyway,
 * and the evidence in the box with only this one on names it. Layers that do so are
 * independent of each other, as each was alone. An act hangs on a layer when it gets
 * through as soon as that one is off.
 */
#include "runner/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "gate/gate.h"
#include "mem.h"
#include "spawn.h"
#include "util.h"

#define LAYER_SECONDS 60.0

enum layer_saw { LAYER_UNKNOWN, LAYER_REFUSED, LAYER_THROUGH };

struct layer_box {
	struct scratch_job job;
	struct box_result *boxed;
	struct scratch_facts *facts;
	double start, seconds;
	struct spawn child;
};

struct layer_run {
	struct suite *s;
	struct layer_box *box; /* none; then only and without, for each layer */
};

static struct layer_box *layer_none(const struct layer_run *run)
{
	return &run->box[0];
}

static struct layer_box *layer_only(const struct layer_run *run, size_t layer)
{
	return &run->box[1 + 2 * layer];
}

static struct layer_box *layer_without(const struct layer_run *run, size_t layer)
{
	return &run->box[2 + 2 * layer];
}

static unsigned layer_off(size_t i)
{
	unsigned all = (1U << layers_n) - 1, one = i > 0 ? 1U << ((i - 1) / 2) : 0;

	return i == 0 ? all : i % 2 == 1 ? all & ~one : one;
}

static void layer_start(void *arg, size_t i, size_t slot)
{
	struct layer_run *run = arg;
	struct layer_box *b = &run->box[i];
	void *facts =
	    mmap(NULL, sizeof(*b->facts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)slot;
	progress_say("layers: box %zu of %zu", i + 1, 2 * layers_n + 1);
	*b = (struct layer_box){ .start = spawn_now(), .boxed = box_result_new(run->s), .facts = facts };
	if (b->boxed == NULL || facts == MAP_FAILED)
		mem_oom();
	b->job = (struct scratch_job){
		.suite = run->s, .edited = true, .off = layer_off(i), .boxed = b->boxed, .facts = b->facts
	};
	if (spawn_start(&b->child, scratch_body, &b->job) < 0)
		b->child.pid = 0;
}

static void layer_finish(void *arg, size_t i, size_t slot)
{
	struct layer_box *b = &((struct layer_run *)arg)->box[i];

	(void)slot;
	if (b->child.pid > 0)
		spawn_wait(&b->child, b->start + LAYER_SECONDS);
	b->seconds = spawn_now() - b->start;
}

static void layer_box_done(struct layer_box *b)
{
	box_result_free(b->boxed);
	if (b->facts != NULL)
		munmap(b->facts, sizeof(*b->facts));
}

/* Why the box shows nothing; NULL: it ran. */
static const char *layer_failure(const struct layer_box *b)
{
	if (b->facts->failed != 0)
		return b->facts->cause;
	if (b->boxed->ran)
		return NULL;
	return b->boxed->cause[0] != '\0' ? b->boxed->cause : "the box did not end in time";
}

static enum layer_saw layer_saw(const struct layer_box *b, size_t row)
{
	const struct box_obs *obs = &b->boxed->obs[row];

	if (!b->boxed->ran || !obs->asked)
		return LAYER_UNKNOWN;
	if (obs->test.seen == TAP_ALLOWED || obs->oracle[0] != '\0')
		return LAYER_THROUGH;
	return obs->test.seen == TAP_DENIED ? LAYER_REFUSED : LAYER_UNKNOWN;
}

/*
 * The layer is gone, and the act is refused in the same way: it was not the layer. What
 * is refused with all of them off has a part that can't be taken away, and shows nothing.
 */
static bool layer_refuted(const struct layer_run *run, const struct layer_box *without,
			  const struct report_probe *p, size_t row)
{
	const struct tap_test *t = &without->boxed->obs[row].test;

	return layer_saw(layer_none(run), row) == LAYER_THROUGH && layer_saw(without, row) == LAYER_REFUSED &&
	       streq(t->err[0] != '\0' ? t->err : "0", p->err) && streq(t->step, p->step);
}

static void layer_judge(const struct layer_run *run, struct report_probe *p, size_t row, size_t layer)
{
	const struct layer_box *only = layer_only(run, layer), *without = layer_without(run, layer);
	struct report_layer *l = &run->s->report.layer[layer];
	const char *by = judge_layer(run->s, &run->s->manifest.row[row], &only->boxed->obs[row]);

	if (l->state != REPORT_LAYER_MEASURED)
		return;
	if (layer_saw(only, row) == LAYER_REFUSED &&
	    (layer_saw(layer_none(run), row) == LAYER_THROUGH || (by != NULL && streq(by, l->id))))
		strv_add(&p->alone, l->id);
	if (layer_saw(without, row) == LAYER_THROUGH)
		strv_add(&p->hangs, l->id);
	if (p->layer != NULL && streq(p->layer, l->id) && layer_refuted(run, without, p, row)) {
		strv_addf(&run->s->report.notes,
			  "%s: refused in the same way without %s, which the evidence named", p->id,
			  p->layer);
		p->layer = NULL;
	}
}

/*
 * What gets through without a layer, no other layer can hold alone. It happens where
 * taking layers away changes what is attacked: PID 1 is another one in a shared pid namespace.
 */
static bool layer_agrees(const struct report_probe *p)
{
	for (size_t i = 0; i < p->alone.n && p->hangs.n > 0; i++)
		if (p->hangs.n > 1 || !streq(p->alone.v[i], p->hangs.v[0]))
			return false;
	return true;
}

static void layer_row(const struct layer_run *run, struct report_probe *p)
{
	const struct manifest *m = &run->s->manifest;
	size_t row = (size_t)(manifest_find(m, p->id) - m->row);
	enum layer_saw none = layer_saw(layer_none(run), row);

	p->rerun = true;
	for (size_t i = 0; i < layers_n; i++)
		layer_judge(run, p, row, i);
	if (none == LAYER_REFUSED)
		strv_add(&p->alone, "rest");
	p->counted = none != LAYER_UNKNOWN && layer_agrees(p);
	if (!p->counted)
		strv_done(&p->alone);
	for (size_t i = 0; i < layers_n; i++) {
		run->s->report.layer[i].alone += strv_has(&p->alone, layers[i].name);
		run->s->report.layer[i].hangs += strv_has(&p->hangs, layers[i].name);
	}
}

/* False: nothing can be said of this layer. */
static bool layer_state(const struct layer_run *run, size_t i)
{
	struct report_layer *l = &run->s->report.layer[i];
	const struct layer_box *only = layer_only(run, i), *without = layer_without(run, i);
	const char *why = layer_failure(without);

	l->id = layers[i].name;
	l->what = layers[i].what;
	l->seconds = only->seconds + without->seconds;
	if (why == NULL && without->facts->has == 0) {
		l->state = REPORT_LAYER_ABSENT;
		return true;
	}
	if (why == NULL)
		why = layer_failure(only);
	if (why != NULL)
		l->reason = xstrdup(why);
	l->state = why == NULL ? REPORT_LAYER_MEASURED : REPORT_LAYER_ERROR;
	return why == NULL;
}

static void layer_report(const struct layer_run *run)
{
	struct report *r = &run->s->report;
	const char *why = layer_failure(layer_none(run));
	size_t bad = 0;

	r->layer = xcalloc(layers_n, sizeof(*r->layer));
	r->nlayer = layers_n;
	for (size_t i = 0; i < layers_n; i++)
		bad += !layer_state(run, i);
	if (why != NULL)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_INCOMPLETE,
			 xasprintf("layers: the box without any: %s", why));
	else if (bad > 0)
		gate_add(r, REPORT_PROBLEM_INCOMPLETE, REPORT_VERDICT_INCOMPLETE,
			 xasprintf("layers: %zu of %zu could not be measured", bad, layers_n));
	for (size_t i = 0; i < r->n && why == NULL; i++) {
		struct report_probe *p = &r->probe[i];

		if (p->arm == REPORT_BOXED && p->where == REPORT_SCRATCH && p->state == REPORT_PASS &&
		    streq(p->observed, "denied"))
			layer_row(run, p);
	}
}

void layers_all(struct suite *s)
{
	struct layer_run run = { .s = s, .box = xcalloc(2 * layers_n + 1, sizeof(*run.box)) };
	const struct batch batch = { .n = 2 * layers_n + 1,
				     .width = suite_jobs(s),
				     .arg = &run,
				     .start = layer_start,
				     .finish = layer_finish };

	batch_run(&batch);
	layer_report(&run);
	for (size_t i = 0; i < batch.n; i++)
		layer_box_done(&run.box[i]);
	free(run.box);
}
