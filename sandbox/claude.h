/* SPDX-License-Identifier: MIT */
/* What of the agent's state is inside: data/claude.def x the host's ~/.claude. Part of policy; pure. */
#ifndef CLAUDE_H
#define CLAUDE_H

#include "conf.h"
#include "host.h"
#include "policy.h"

/* Where state is taken from by descriptor, for a moment, before anything runs inside. */
#define CLAUDE_STAGE	     "/run/claude-sandbox/state"
#define CLAUDE_RECORD	     "/run/claude-sandbox/record"
/* A tmpfs until the command starts, with what is mounted over a memory that is dropped. */
#define CLAUDE_MEMORY_PLACE  "/run/claude-sandbox/memory"
#define CLAUDE_MEMORY_COPIES CLAUDE_MEMORY_PLACE "/copy"

/* Names in p->named what of it the agent acts on, wherever that leads. */
void claude_name(const struct host *h, struct policy *p);
/* Adds the state to p->entry, p->stage, p->make and p->claude. After all binds and the agent. */
void claude_add(const struct conf *conf, const struct host *h, struct policy *p);

/* Notes a file of settings that the agent could not read. */
void claude_judge_settings(struct policy *p, const char *shown, const char *text);

/* A key of ~/.claude.json whose change is not worth a word. */
bool claude_is_quiet(const char *key);

#endif
