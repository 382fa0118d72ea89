/* SPDX-License-Identifier: MIT */
/* The box's share of what the kernel counts for each user: limit_user() has the rows. */
#ifndef USERSHARE_H
#define USERSHARE_H

#include "limit.h"
#include "plan.h"

/* What the user may have outside; 0: this kernel counts no such thing. */
struct usershare_outside {
	long most[LIMIT_USERS];
};

/* Of the caller's user namespace, so before another one is entered. -errno. */
int usershare_read(struct usershare_outside *ret);
/* A share is the limit of the user namespace that the caller is in. proc: the host's /proc. -errno. */
int usershare_set(int proc, const struct usershare_outside *outside, const struct plan_op *op);

#endif
