/* SPDX-License-Identifier: MIT */
/* Two sorted lists, what may be mounted and what is, compared place by place. */
#include "mounttable.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mountinfo.h"
#include "path.h"
#include "strv.h"
#include "util.h"

/* One mount that the plan allows. */
struct mounttable_allowed {
	size_t order;
	char *point; /* owned */
	bool needed; /* must be there */
	bool data;   /* a generated file */
	bool read_only;
	bool devices;	  /* is one, or has some */
	bool fresh;	  /* of a file system that the host doesn't have */
	const char *type; /* borrowed; of what is fresh */
};

static const struct own {
	enum plan_type with;
	const char *below, *type;
	bool fresh, read_only, needed;
} own[] = {
#define BWRAPMOUNT(with, below, type, fresh, read_only, needed) \
	{ PLAN_##with, below, type, fresh, read_only, needed },
#define BWRAPMADE(with, below, dir)
#include "data/bwrapmounts.def"
#undef BWRAPMADE
#undef BWRAPMOUNT
};

static void allow(struct mounttable *t, struct mounttable_allowed a)
{
	if (t->n == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 64;
		t->allowed = xrealloc_array(t->allowed, t->cap, sizeof(*t->allowed));
	}
	a.order = t->n;
	t->allowed[t->n++] = a;
}

static void allow_own(struct mounttable *t, enum plan_type with, const char *dst)
{
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (own[i].with == with)
			allow(t, (struct mounttable_allowed){ .point = xasprintf("%s%s", dst, own[i].below),
							      .needed = own[i].needed,
							      .read_only = own[i].read_only,
							      .devices = with == PLAN_DEV,
							      .fresh = own[i].fresh,
							      .type = own[i].type });
}

/* What is mounted below the source comes along. */
static void allow_carried(struct mounttable *t, const struct strv *host, const char *src, const char *dst,
			  bool read_only)
{
	for (size_t i = 0; i < host->n; i++) {
		const char *point = host->v[i];

		if (streq(point, src) || !path_is_under(point, src))
			continue;
		point += streq(src, "/") ? 0 : strlen(src);
		allow(t, (struct mounttable_allowed){
			     .point = xasprintf("%s%s", streq(dst, "/") ? "" : dst, point),
			     .read_only = read_only });
	}
}

static void allow_op(struct mounttable *t, const struct strv *host, const struct plan_op *op, const char *src)
{
	bool bind = op->type == PLAN_RO_BIND || op->type == PLAN_RW_BIND;
	struct mounttable_allowed a = { .needed = true,
					.read_only = op->type == PLAN_RO_BIND || op->type == PLAN_DATA,
					.data = op->type == PLAN_DATA,
					.fresh = !bind,
					.type = op->type == PLAN_PROC ? "proc" : "tmpfs" };

	if (!plan_is_mount(op->type))
		return;
	if (bind)
		allow_carried(t, host, src, op->dst, a.read_only);
	a.point = xstrdup(op->dst);
	allow(t, a);
	allow_own(t, op->type, op->dst);
}

/* The last of them: it lies on top. */
static void remounted(struct mounttable *t, const char *dst)
{
	for (size_t i = t->n; i-- > 0;)
		if (streq(t->allowed[i].point, dst)) {
			t->allowed[i].read_only = true;
			return;
		}
}

static int allowed_by_point(const void *pa, const void *pb)
{
	const struct mounttable_allowed *a = pa, *b = pb;
	int r = strcmp(a->point, b->point);

	return r != 0 ? r : a->order < b->order ? -1 : 1;
}

static void read_host(struct mounttable *t, const char *text, struct strv *ret)
{
	struct mountinfo m = { 0 };

	while (mountinfo_next(&text, &m)) {
		strv_add(ret, m.point);
		if (!strv_has(&t->host_devices, m.device))
			strv_add(&t->host_devices, m.device);
		mountinfo_done(&m);
	}
}

void mounttable_plan(const struct plan *plan, const char *const *source, const char *host,
		     struct mounttable *ret)
{
	AUTO_STRV struct strv points = { 0 };

	*ret = (struct mounttable){ 0 };
	read_host(ret, host, &points);
	allow_own(ret, PLAN_INVALID, "");
	for (size_t i = 0; i < plan->n; i++) {
		const struct plan_op *op = &plan->op[i];

		if (op->stage != PLAN_STAGE_BWRAP)
			continue;
		if (op->type == PLAN_REMOUNT_RO)
			remounted(ret, op->dst);
		else
			allow_op(ret, &points, op, source != NULL && source[i] != NULL ? source[i] : op->src);
	}
	qsort(ret->allowed, ret->n, sizeof(*ret->allowed), allowed_by_point);
}

void mounttable_done(struct mounttable *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->allowed[i].point);
	free(t->allowed);
	strv_done(&t->host_devices);
	*t = (struct mounttable){ 0 };
}

/* --- the box */

struct box {
	struct mountinfo *mount; /* owned */
	size_t n, cap;
};

static void read_box(const char *text, struct box *ret)
{
	struct mountinfo m = { 0 };

	while (mountinfo_next(&text, &m)) {
		if (ret->n == ret->cap) {
			ret->cap = ret->cap > 0 ? ret->cap * 2 : 64;
			ret->mount = xrealloc_array(ret->mount, ret->cap, sizeof(*ret->mount));
		}
		ret->mount[ret->n++] = m;
	}
}

static int box_by_point(const void *a, const void *b)
{
	return strcmp(((const struct mountinfo *)a)->point, ((const struct mountinfo *)b)->point);
}

/* What stands at one place. */
struct place {
	const struct mounttable_allowed *allowed;
	const struct mountinfo *box;
	size_t n, nbox;
};

static bool is_fresh(const struct mounttable *t, const struct mountinfo *m, const char *type)
{
	return streq(m->type, type) && !strv_has(&t->host_devices, m->device);
}

/* Another mount of the same place lies on it. */
static bool is_hidden(const struct place *p, const struct mountinfo *m)
{
	for (size_t i = 0; i < p->nbox; i++)
		if (&p->box[i] != m && p->box[i].parent == m->id)
			return true;
	return false;
}

/* The enum's end: all is as it should be. */
static enum check_id judge(const struct mounttable *t, const struct place *p)
{
	const struct mounttable_allowed *last = p->allowed + p->n - 1;
	size_t needed = 0;

	if (p->nbox > p->n)
		return CHECK_MOUNT_MORE;
	for (size_t i = 0; i < p->n; i++)
		needed += p->allowed[i].needed;
	if (p->nbox < needed)
		return CHECK_MOUNT_LESS;
	/* Where the host has two at one place, bwrap reaches the upper one only: so does the box. */
	for (const struct mountinfo *m = p->box; m < p->box + p->nbox; m++) {
		if (is_hidden(p, m))
			continue;
		if (!m->nosuid || (!m->nodev && !last->devices))
			return CHECK_MOUNT_FLAGS;
		if (!m->read_only && last->read_only)
			return CHECK_MOUNT_WRITABLE;
		if (last->fresh && !is_fresh(t, m, last->type))
			return CHECK_MOUNT_FRESH;
	}
	return CHECKS;
}

/* See mounttable_excuse. */
static bool may_be_excused(const struct place *p, enum check_id miss)
{
	bool carried = true, data = true;

	for (size_t i = 0; i < p->n; i++) {
		carried = carried && !p->allowed[i].needed;
		data = data && (p->allowed[i].data || !p->allowed[i].needed);
	}
	return miss == CHECK_MOUNT_LESS
		   ? data
		   : carried && (miss == CHECK_MOUNT_WRITABLE || miss == CHECK_MOUNT_FLAGS);
}

/* The next place of both lists. */
static const char *take_place(const struct mounttable *t, size_t *i, const struct box *box, size_t *k,
			      struct place *ret)
{
	const char *a = *i < t->n ? t->allowed[*i].point : NULL;
	const char *b = *k < box->n ? box->mount[*k].point : NULL;
	const char *point = a == NULL || (b != NULL && strcmp(b, a) < 0) ? b : a;

	*ret = (struct place){ .allowed = t->allowed + *i, .box = box->mount + *k };
	if (point == NULL)
		return NULL;
	for (; *i < t->n && streq(t->allowed[*i].point, point); (*i)++)
		ret->n++;
	for (; *k < box->n && streq(box->mount[*k].point, point); (*k)++)
		ret->nbox++;
	return point;
}

bool mounttable_compare(const struct mounttable *t, const char *text, mounttable_excuse *excuse, void *arg,
			struct mounttable_miss *ret)
{
	struct box box = { 0 };
	struct place p;
	size_t i = 0, k = 0;
	const char *point;

	*ret = (struct mounttable_miss){ .check = CHECKS };
	read_box(text, &box);
	if (box.n > 0)
		qsort(box.mount, box.n, sizeof(*box.mount), box_by_point);
	while (ret->point == NULL && (point = take_place(t, &i, &box, &k, &p)) != NULL) {
		enum check_id miss = judge(t, &p);

		if (miss != CHECKS &&
		    !(may_be_excused(&p, miss) && excuse != NULL && excuse(arg, miss, point)))
			*ret = (struct mounttable_miss){ .check = miss, .point = xstrdup(point) };
	}
	for (size_t m = 0; m < box.n; m++)
		mountinfo_done(&box.mount[m]);
	free(box.mount);
	return ret->point == NULL;
}
