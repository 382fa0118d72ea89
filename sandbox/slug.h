/* SPDX-License-Identifier: MIT */
#ifndef SLUG_H
#define SLUG_H

/* The directory of ~/.claude/projects that the agent keeps a project's record in. Owned. Pure. */
char *claude_slug(const char *project);

#endif
