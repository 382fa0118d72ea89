/* SPDX-License-Identifier: MIT */
/* How a layer as a whole is taken out of a plan. */
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "mutants/edits.h"
#include "mutants/mutants.h"
#include "util.h"

const struct mutant_layer layers[] = {
#define LAYER(name_, what_) { name_, what_ },
#define TAKE(name_, ...)
#include "mutants/layers.def"
#undef LAYER
#undef TAKE
};
const size_t layers_n = ARRAY_SIZE(layers);

static const struct layer_edit {
	const char *layer;
	struct mutant_edit edit;
} layer_edits[] = {
#define LAYER(name_, what_)
#define TAKE(name_, ...) { name_, __VA_ARGS__ },
#include "mutants/layers.def"
#undef LAYER
#undef TAKE
};

static bool layer_each(const struct mutant_edit *e, struct plan *plan)
{
	bool any = false;

	for (size_t i = plan->n; i-- > 0;) {
		if (plan->op[i].type != e->type)
			continue;
		any = true;
		if (e->kind == MUTANT_EACH_DEL)
			plan_del(plan, &plan->op[i]);
		else
			plan->op[i].type = e->to;
	}
	return any;
}

/* The first of a name holds inside too. */
static bool layer_leak(struct plan *plan, const struct mutant_paths *paths)
{
	for (size_t i = 0; paths->env != NULL && i < paths->env->n; i++) {
		const char *pair = paths->env->v[i], *eq = strchr(pair, '=');
		AUTO_FREE char *name = eq != NULL ? xstrndup(pair, (size_t)(eq - pair)) : NULL;
		bool has = name == NULL;

		for (size_t k = 0; k < plan->n && !has; k++)
			has = plan->op[k].type == PLAN_SETENV && streq(plan->op[k].src, name);
		if (!has)
			plan_add(plan, (struct plan_op){ .type = PLAN_SETENV,
							 .stage = PLAN_STAGE_INIT,
							 .src = xstrdup(name),
							 .data = xstrdup(eq + 1),
							 .len = strlen(eq + 1),
							 .why = xstrdup("layer env taken away") });
	}
	return true;
}

static bool layer_edit(const struct layer_edit *e, struct plan *plan, const struct mutant_paths *paths,
		       struct mutant_taken *ret)
{
	const struct mutant one = { .name = e->layer, .edit = { e->edit } };
	struct diag d = { 0 };

	if (e->edit.kind == MUTANT_KEEP_CAPS)
		return ret->keep_caps = true;
	if (e->edit.kind == MUTANT_LEAK_ENV)
		return layer_leak(plan, paths);
	if (e->edit.kind == MUTANT_EACH_DEL || e->edit.kind == MUTANT_EACH_RETYPE)
		return layer_each(&e->edit, plan);
	/* What this host does not have can't be shown. */
	if (e->edit.kind == MUTANT_ADD && e->edit.src[0] == '/' && access(e->edit.src, F_OK) < 0)
		return false;
	return mutant_apply(&one, plan, paths, &d) == 0;
}

bool layer_take(const struct mutant_layer *l, struct plan *plan, const struct mutant_paths *paths,
		struct mutant_taken *ret)
{
	bool first = true;

	for (size_t i = 0; i < ARRAY_SIZE(layer_edits); i++) {
		if (!streq(layer_edits[i].layer, l->name))
			continue;
		if (!layer_edit(&layer_edits[i], plan, paths, ret) && first)
			return false;
		first = false;
	}
	return !first;
}
