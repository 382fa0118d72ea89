/* SPDX-License-Identifier: MIT */
/* A recorded machine taken through the launcher's phases, as far as a test wants. */
#ifndef REPLAYED_H
#define REPLAYED_H

#include "compose.h"
#include "conf.h"
#include "diag.h"
#include "filter.h"
#include "host.h"
#include "plan.h"
#include "policy.h"
#include "recorded.h"

/* Of every kind of machine one, in fixtures/hosts. */
#define REPLAYED_MACHINES 10
extern const char *const replayed_machines[REPLAYED_MACHINES];

struct replayed {
	struct recorded rec;
	struct conf conf;
	struct host host;
	struct policy policy;
	struct filter filter;
	struct plan plan;
	struct diag diag;
};
#define AUTO_REPLAYED __attribute__((cleanup(replayed_done)))
#define REPLAYED_INIT \
	{ \
		.rec = { .rootfd = -1 }, .conf = {.status_fd = -1 } \
	}

/*
 * Opens the machine; project: NULL for the directory its user is in. Aborts the
 * test when the fixture is broken.
 */
void replayed_open(struct replayed *r, const char *machine, const char *project);
/* Adds a requested bind. */
void replayed_extra(struct conf_list *list, const char *path, const char *origin);
/* host_load, policy_resolve, compose_plan; each runs the ones before. 0 or -errno with r->diag set. */
int replayed_host(struct replayed *r);
int replayed_policy(struct replayed *r);
int replayed_plan(struct replayed *r);
void replayed_done(struct replayed *r);

#endif
