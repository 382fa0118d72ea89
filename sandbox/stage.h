/* SPDX-License-Identifier: MIT */
/*
 * Becoming the box's kernel identity when root started the launcher: the
 * kernel's uid 0 never enters a box. A box whose kernel uid is 0 may write
 * core_pattern, read /etc/shadow and leave setuid-root files, whatever its
 * capabilities.
 */
#ifndef STAGE_H
#define STAGE_H

#include "bwrap.h"
#include "diag.h"
#include "plan.h"
#include "policy.h"

struct stage {
	struct bwrap_staged *staged; /* owned; for bwrap_render */
	size_t n;
	int claude; /* the host's ~/.claude, with root's files shown as the box's uid's; -1: none */
};

/*
 * POLICY_SELF: does nothing. Otherwise, irrevocably for the calling process: a
 * private mount namespace; every bind source that the new uid can't reach, or
 * that must be idmapped, is mounted on a private tmpfs over /tmp; groups, gid
 * and uid are dropped. -errno and a message when that can't be had;
 * -ECHILD, as of a bwrap that failed, where a namespace was refused.
 */
int stage_enter(const struct policy *policy, const struct plan *plan, struct stage *ret, struct diag *d);
void stage_done(struct stage *s);

#endif
