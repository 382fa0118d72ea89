/* SPDX-License-Identifier: MIT */
/* The file that CLAUDE_SANDBOX_POLICY names: the policy in plain words, for an agent to read. Part of policy; pure. */
#ifndef POLICYTEXT_H
#define POLICYTEXT_H

#include "conf.h"
#include "policy.h"

#define POLICYTEXT_PATH "/run/claude-sandbox/policy.txt"

/* Owned. After everything else of the policy. */
char *policytext_make(const struct conf *conf, const struct policy *p);

#endif
