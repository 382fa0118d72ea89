/* SPDX-License-Identifier: MIT */
/* A control group of the host's (cgroup v2) that belongs to the caller. */
#ifndef CANARY_CGROUP_H
#define CANARY_CGROUP_H

#include "canary.h"

/*
 * Makes it below the one that the suite is in, with its input; canary_done removes it. Where cgroup v2 is mounted
 * nowhere, or who runs the suite may not divide his group, there is none, and the input is absent.
 */
void canary_cgroup_plant(struct canary_site *s);

#endif
