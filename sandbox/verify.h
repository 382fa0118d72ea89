/* SPDX-License-Identifier: MIT */
/*
 * An independent reading of a finished plan: refuses one that breaks an
 * invariant of the policy. Shares no code with compose and sees nothing but
 * plan and policy.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "diag.h"
#include "plan.h"
#include "policy.h"

/* 0, or -EPERM and a message that names the invariant and the operation. */
int verify_plan(const struct plan *plan, const struct policy *policy, struct diag *d);

#endif
