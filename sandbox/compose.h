/* SPDX-License-Identifier: MIT */
/* From policy to plan: the only place that decides the order of operations. No I/O. */
#ifndef COMPOSE_H
#define COMPOSE_H

#include "diag.h"
#include "filter.h"
#include "plan.h"
#include "policy.h"

/* `found`: what scan found inside the writable trees and the policy wants masked; NULL: nothing. */
struct compose_found {
	char **mask_file, **mask_dir;	/* borrowed; absolute, NULL-terminated, NULL when none */
};

int compose_plan(const struct policy *policy, const struct filter *filter, const struct compose_found *found,
		 struct plan *ret, struct diag *d);

#endif
