/* SPDX-License-Identifier: MIT */
/* What policy.c asks of the files that hold parts of the policy. Pure, as it is. */
#ifndef POLICYPARTS_H
#define POLICYPARTS_H

#include "diag.h"
#include "host.h"
#include "policy.h"

/* Who the box is, to the kernel and inside. */
int policy_set_identity(const struct host *h, const struct host_node *project, struct policy *p,
			struct diag *d);

/* The system's directories (sysdirs.def), read-only. */
void policy_add_system(struct policy *p, const struct host *h);
/* Files in the place of the host's: accounts, names. */
void policy_add_generated(struct policy *p, const struct host *h);
/* What is fresh. */
void policy_add_private(struct policy *p);
/* Secrets in what is shown (sysmasks.def, procmasks.def). */
void policy_add_masks(struct policy *p, const struct host *h);
/* Takes why. empty: it reads as empty. */
void policy_hide(struct policy *p, const struct host_node *n, bool empty, char *why);

/* Rows of creds.def that exist on this host, and what opens them: of the home, of others. */
void policy_add_creds(const struct host *h, struct policy *p);
void policy_add_other_creds(const struct host *h, struct policy *p);

/* The patterns of blocked_commands, and masks over what they are for. After all that is shown. */
int policy_add_blocked(const struct conf *conf, const struct host *h, struct policy *p, struct diag *d);

#endif
