/* SPDX-License-Identifier: MIT */
/*
 * Hosts with names, outside of the scratch box's network (netns.h): what a box with a filtered network may reach, and
 * what it must not. Each arm has its own, so that who was reached by which is known.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "canary.h"
#include "conf.h"
#include "diag.h"

#define OUTSIDE_ZONE  "zone.test" /* names below it are nobody's but the suite's */
#define OUTSIDE_INPUT "CANARY_OUT_"

/* Which of them: what "@" in outside.def stands for. NOWHERE: of a name server that knows nobody. */
enum outside_arm { OUTSIDE_BOXED, OUTSIDE_OPEN, OUTSIDE_NOBODY, OUTSIDE_NOWHERE };

/*
 * Their listeners, counted by the site's oracle, and its inputs; 0 or -errno. In a namespace of netns_enter alone.
 * c: the user's settings, of which a box beside this one may publish ports.
 */
int outside_plant(struct canary_site *s, enum outside_arm arm, const struct conf *c, struct diag *d);
/* A filtered network with the rules for them, in place of whatever the settings have. */
void outside_rules(const struct canary_site *s, struct conf *c);
/* A filtered network without a rule. */
void outside_no_rules(struct conf *c);
/* In a mount namespace of the caller's own: the name server outside is the one of /etc/resolv.conf. file: any name. */
int outside_resolver(const char *file, enum outside_arm arm, struct diag *d);
/*
 * What the name server says to the question; its length, 0: nothing. *ret_below: the question was for a name below
 * OUTSIDE_ZONE.
 */
size_t outside_answer(unsigned arm, const uint8_t *q, size_t n, uint8_t *out, size_t room, bool *ret_below);

#endif
