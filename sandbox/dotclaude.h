/* SPDX-License-Identifier: MIT */
/* The project's .claude inside: fresh, with private copies of its settings. Part of policy; pure. */
#ifndef DOTCLAUDE_H
#define DOTCLAUDE_H

#include "host.h"
#include "policy.h"

/* A tmpfs until the command starts, with what is mounted over .claude, and the host's for entries to be taken from. */
#define DOTCLAUDE_PLACE	    "/run/claude-sandbox/project"
#define DOTCLAUDE_COPIES    DOTCLAUDE_PLACE "/claude"
#define DOTCLAUDE_HOST	    DOTCLAUDE_PLACE "/host"
/* Where there is none: an empty directory that takes nothing, as the agent would work in it and lose the work. */
#define DOTCLAUDE_WORKTREES "worktrees"

/* Decides whether it can be fresh: p->dotclaude. After all binds and --allow-autorun. */
void dotclaude_add(const struct host *h, struct policy *p);
/* Adds it and what is bound in it to p->entry. */
void dotclaude_mount(struct policy *p, const char *why);
/* Whether the host's has an entry of this name. */
bool dotclaude_has(const struct policy_dotclaude *c, const char *name);
void dotclaude_done(struct policy_dotclaude *c);

#endif
