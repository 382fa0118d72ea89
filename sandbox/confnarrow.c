/* SPDX-License-Identifier: MIT */
#include "confnarrow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conffile.h"
#include "confkey.h"
#include "egress/hostrules.h"
#include "mem.h"
#include "proxyurl.h"
#include "util.h"

/* Each host of the project's with each of the user's: who writes the project must not make a start take minutes. */
#define PAIRS_MAX  (1u << 18)
#define WIDEST_MAX 512 /* more are left as they are */

int confnarrow_read_project(struct conf *c, const char *home, struct confnarrow_own *own, struct diag *d)
{
	struct conf_value *net = &c->value[CONFKEY_NETWORK_MODE];
	int r;

	own->n = net->n;
	own->origin = net->origin != NULL ? xstrdup(net->origin) : NULL;
	r = conffile_read_project(c, home, d);
	if (r < 0 || c->narrow.n == 0 || net->n != CONF_NET_FILTERED || own->n == CONF_NET_FILTERED) {
		free(own->origin);
		own->n = net->n;
		own->origin = net->origin != NULL ? xstrdup(net->origin) : NULL;
		return r;
	}
	free(net->origin);
	net->n = own->n;
	net->origin = own->origin != NULL ? xstrdup(own->origin) : NULL;
	return 0;
}

static bool is_own(const struct conf *c, const struct confnarrow_own *own)
{
	const struct conf_value *net = &c->value[CONFKEY_NETWORK_MODE];

	if (net->origin == NULL || own->origin == NULL)
		return net->origin == own->origin;
	return net->n == own->n && streq(net->origin, own->origin);
}

/* What of the two is left goes to *ret; -EINVAL: what the project asks for would open more than the user does. */
static int meet(const struct conf *c, const struct hostrules *ports, const struct conf_item *user,
		const struct conf_item *project, struct conf_list *ret, struct diag *d)
{
	char both[HOSTRULES_PATTERN], proxied[HOSTRULES_PATTERN];
	bool exact = false, ignored, by_proxy = false;
	enum hostrules_met met = hostrules_meet(ports, user->value, project->value, both, &exact);
	struct proxyurl u;

	if (met == HOSTRULES_MEET && exact && c->upstream != NULL &&
	    proxyurl_parse(c->upstream, &u) == NULL) {
		AUTO_FREE char *at = xasprintf("*:%u", u.port);

		by_proxy = hostrules_meet(ports, at, both, proxied, &ignored) == HOSTRULES_MEET;
	}
	if (met == HOSTRULES_WIDER || by_proxy) {
		diag_set(d, -EINVAL,
			 "%s: %.100s would loosen the sandbox: your %.100s (%.100s) has it, but %s",
			 project->origin, project->value, user->value, user->origin,
			 by_proxy ? "its very name would open the proxy by which this machine goes out"
				  : "a rule for that address alone opens more than that");
		diag_try(d, "%.100s in your own config, or remove it there", project->value);
		return -EINVAL;
	}
	if (met == HOSTRULES_MEET)
		conf_add(ret, both, streq(both, user->value) ? user->origin : project->origin);
	return 0;
}

/* Those that no other one has in it. */
static void widest(const struct hostrules *ports, const struct conf_list *all, struct conf_list *ret)
{
	for (size_t i = 0; i < all->n; i++) {
		bool covered = false;

		/* Of two that are the same, the first. */
		for (size_t k = 0; all->n <= WIDEST_MAX && k < all->n && !covered; k++)
			covered = k != i && hostrules_covers(ports, all->item[k].value, all->item[i].value) &&
				  (k < i || !hostrules_covers(ports, all->item[i].value, all->item[k].value));
		if (!covered)
			conf_add(ret, all->item[i].value, all->item[i].origin);
	}
}

int confnarrow(struct conf *c, const struct confnarrow_own *own, const struct opt_line *line, struct diag *d)
{
	__attribute__((cleanup(hostrules_done))) struct hostrules ports = { 0 };
	__attribute__((cleanup(conf_list_done))) struct conf_list user = { 0 }, met = { 0 };
	struct conf_list left = { 0 };
	struct hostname_fault f;
	int r = 0;

	if (c->narrow.n == 0 || conf_net(c) == CONF_NET_NONE)
		return 0;
	if (conf_net(c) != CONF_NET_FILTERED && !is_own(c, own))
		return 0;
	for (size_t i = 0; i < c->port.n; i++)
		hostrules_add_port(&ports, c->port.item[i].value, strlen(c->port.item[i].value), &f);
	for (size_t i = 0; i < c->allow_host.n; i++)
		if (i < own->hosts || !streq(c->allow_host.item[i].origin, "--allow-host"))
			conf_add(&user, c->allow_host.item[i].value, c->allow_host.item[i].origin);
	if (conf_net(c) != CONF_NET_FILTERED) {
		AUTO_FREE char *origin = xasprintf("network.mode, %s", conf_net_origin(c));

		conf_add(&user, c->port.n > 0 ? "*" : "*:*", origin);
		conf_set(c, CONFKEY_NETWORK_MODE, CONF_NET_FILTERED, c->narrow.item[0].origin);
	}
	if (user.n > 0 && c->narrow.n > PAIRS_MAX / user.n) {
		r = diag_set(d, -EINVAL, "%s: %zu hosts are too many to be met with the %zu that you allow",
			     c->narrow.item[0].origin, c->narrow.n, user.n);
		diag_try(d, "%zu at most, or patterns such as *.example.com", PAIRS_MAX / user.n);
	}
	for (size_t i = 0; r == 0 && i < user.n; i++)
		for (size_t k = 0; r == 0 && k < c->narrow.n; k++)
			r = meet(c, &ports, &user.item[i], &c->narrow.item[k], &met, d);
	if (r < 0)
		return r;
	widest(&ports, &met, &left);
	for (size_t i = 0; i < line->n; i++)
		if (line->given[i].id == OPT_ALLOW_HOST)
			conf_add(&left, line->given[i].value, "--allow-host");
	conf_list_done(&c->allow_host);
	c->allow_host = left;
	return 0;
}
