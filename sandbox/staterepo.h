/* SPDX-License-Identifier: MIT */
/*
 * Repositories in what the sandbox writes outside of its trees: the record of the project, plans and lists of the agent. The
 * agent makes none there. A link of the project, in this session or by a later pull, would lead git on the host to one,
 * and to the programs of its config.
 */
#ifndef STATEREPO_H
#define STATEREPO_H

#include "account.h"
#include "policy.h"
#include "quarantine.h"

/* All of the box has ended: what makes a directory a repository (HEAD, or .git where it is a file) is moved away. */
void staterepo_end(struct account *a, const struct policy *p, struct quarantine *q);

#endif
