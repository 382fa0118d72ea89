/* SPDX-License-Identifier: MIT */
/* The phases in their order, from settings to a verified plan; the launcher and the suite use the same. */
#ifndef PREPARE_H
#define PREPARE_H

#include "beside.h"
#include "compose.h"
#include "conf.h"
#include "diag.h"
#include "filter.h"
#include "host.h"
#include "plan.h"
#include "policy.h"
#include "scan.h"

/* How far a preparation came: what it failed at. */
enum prepare_phase {
	PREPARE_HOST,	 /* the facts of the machine */
	PREPARE_REQUEST, /* what was asked for */
	PREPARE_PARTS,	 /* our own installation */
	PREPARE_PLAN,	 /* a plan that breaks an invariant */
};

struct prepared {
	enum prepare_phase phase;
	struct host host;
	struct policy policy;
	struct filter filter;
	struct scan scan; /* incomplete: finish.h goes on */
	struct plan plan;
	struct beside beside; /* of a launch */
};

/*
 * conf -> host -> policy -> filter -> scan -> plan -> verify. env: the environ that the policy sees, borrowed
 * until prepare_done, which releases *ret also after a failure.
 */
int prepare(const struct conf *conf, char *const *env, struct prepared *ret, struct diag *d);
/* The same; bwrap_known: see struct host_source. */
int prepare_with(const struct conf *conf, char *const *env,
		 void (*bwrap_known)(const struct host *h, void *arg), void *arg, struct prepared *ret,
		 struct diag *d);
/* Directory of init, suite and probes, found relative to the running program; owned. NULL with *d set. */
char *prepare_libexec(struct diag *d);
void prepare_done(struct prepared *p);

#endif
