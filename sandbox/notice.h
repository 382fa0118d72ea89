/* SPDX-License-Identifier: MIT */
/*
 * The notice at launch: has the ground moved since a baseline was accepted, or
 * held? A stamp in the state folder, written then, is compared with what the launch knows anyway: it costs the reading of one small
 * file. A launch writes nothing, and goes on whatever the stamp says.
 */
#ifndef NOTICE_H
#define NOTICE_H

#include <stddef.h>
#include "diag.h"
#include "host.h"
#include "policy.h"

#define NOTICE_FILE "stamp" /* in the state folder */

struct notice_stamp {
	char kernel[80]; /* release */
	char bwrap[80];	 /* inode, size and time of change, as text */
	char build[80];	 /* version and build */
};

/* What this machine and this build would be stamped with. */
struct notice_stamp notice_now(const struct host *h);
/* The stamp as the text of its file; owned. */
char *notice_text(const struct notice_stamp *s);
/* 0, or -EINVAL: text[0..len) is no stamp. */
int notice_parse(const char *text, size_t len, struct notice_stamp *ret, struct diag *d);
/* What changed, in words: "kernel 6.1 → 6.12, bwrap changed"; owned; NULL: nothing. */
char *notice_compare(const struct notice_stamp *before, const struct notice_stamp *now);
/* Says on stderr what changed; nothing when there is no stamp. */
void notice_launch(char *const *env, const struct host *h, const struct policy *p);

#endif
