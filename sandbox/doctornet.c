/* SPDX-License-Identifier: MIT */
#include "doctornet.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "doctortry.h"
#include "egressrun.h"
#include "keeper.h"
#include "mem.h"
#include "path.h"
#include "plan.h"
#include "prepare.h"
#include "proxyurl.h"
#include "strv.h"
#include "util.h"

/* One that says nothing in all that time is not asked to end, either. */
static int hangs(struct egressrun *e, struct diag *d)
{
	kill(e->pid, SIGKILL);
	diag_set(d, -ETIMEDOUT, "egress was not ready in %d s, as long as a launch waits for it",
		 KEEPER_HANDSHAKE_MS / 1000);
	diag_try(d, "claude-sandbox --test once more when this machine has less to do, or --net none, which "
		    "needs no egress");
	return d->code;
}

/* It says what it lacks in the words of a launch. 1: it is ready; -errno. */
static int start_egress(int net, struct egressrun *e, struct diag *d)
{
	AUTO_PLAN struct plan plan = { 0 };
	AUTO_FREE char *libexec = prepare_libexec(d);
	AUTO_FREE char *program = libexec != NULL ? path_join(libexec, "egress") : NULL;
	int r;

	if (program == NULL)
		return d->code;
	plan_add(&plan, (struct plan_op){ .type = PLAN_EGRESS, .dst = xstrdup("filtered") });
	r = egressrun_start(&plan, program, NULL, -1, NULL, e, d);
	if (r == 0)
		r = egressrun_go(e, net, d);
	while (r == 0) {
		struct pollfd p = { .fd = e->control, .events = POLLIN };

		/* As long as a launch waits for it. */
		r = poll(&p, 1, KEEPER_HANDSHAKE_MS) > 0 ? egressrun_ready(e, d) : hangs(e, d);
	}
	return r;
}

static struct doctornet try_egress(int net)
{
	struct egressrun e = { .control = -1 };
	struct account nobody = { 0 };
	struct diag d = { 0 };
	struct doctornet n;

	if (start_egress(net, &e, &d) < 0)
		n = (struct doctornet)
		{
			DOCTORNET_MISSING, xstrdup(d.msg),
			    xstrdup(d.try[0] != '\0' ? d.try : "--net none, which needs no egress")
		};
	else
		n = (struct doctornet){ e.ports_alone || e.loop ? DOCTORNET_INFO : DOCTORNET_OK,
					xasprintf("%s, IPv%s, at most %llu connections%s", e.way,
						  e.ip6 ? "4 and IPv6" : "4 only", (unsigned long long)e.most,
						  e.ports_alone
						      ? "; the usual ports and those of the rules, no others"
						  : e.loop ? "; this kernel has no veth(4)"
							   : ""),
					e.ports_alone ? xstrdup("sudo modprobe nft_tproxy")
					: e.loop      ? xstrdup("sudo modprobe veth")
						      : NULL };
	egressrun_done(&e, &nobody);
	account_done(&nobody);
	return n;
}

struct doctornet doctornet_egress(const struct conf *conf, bool box)
{
	enum conf_net mode = conf_net(conf);
	struct doctornet n;
	pid_t child;
	int net;

	if (mode == CONF_NET_NONE || mode == CONF_NET_HOST)
		return (struct doctornet){ DOCTORNET_INFO,
					   xasprintf("not tried: the network is %s (%s)",
						     mode == CONF_NET_NONE ? "none" : "the host's",
						     conf_net_origin(conf)),
					   NULL };
	net = box ? doctortry_network(&child) : -ENOTSUP;
	/* What stands in the way of that has a line of its own. */
	if (net < 0)
		return (struct doctornet){ DOCTORNET_INFO,
					   xasprintf("not tried: no network to try it with%s%s",
						     box ? ": " : "", box ? strerror(-net) : ""),
					   NULL };
	n = try_egress(net);
	mem_close_fd(&net);
	doctortry_network_end(child);
	return n;
}

struct doctornet doctornet_proxy(const struct conf *conf)
{
	const char *url = conf->upstream, *from = conf->upstream_origin, *why;
	AUTO_STRV struct strv direct = { 0 }, odd = { 0 };
	AUTO_FREE char *place = NULL;
	struct doctornet n = { 0 };
	struct proxyurl u;

	if (url == NULL && conf->http_proxy)
		n = (struct doctornet){
			.detail =
			    xstrdup("none: egress connects by itself: HTTP_PROXY is a proxy for http:// "
				    "alone"),
			.fix = xstrdup("--upstream http://proxy.example:3128, which is for all")
		};
	else if (url == NULL)
		n.detail = xstrdup("none: egress connects by itself");
	else if (streq(url, PROXYURL_NONE))
		n.detail = xasprintf("none (%s): egress connects by itself", from);
	if (n.detail != NULL)
		return n;
	why = proxyurl_parse(url, &u);
	if (why != NULL) {
		n.detail = xasprintf("that of %s is not used: %s; egress connects by itself", from, why);
		n.fix = xstrdup("--upstream http://proxy.example:3128, or --upstream none");
		return n;
	}
	place = proxyurl_place(&u);
	if (conf->no_proxy != NULL && proxyurl_direct(conf->no_proxy, &direct, &odd)) {
		explicit_bzero(&u, sizeof(u));
		n.detail =
		    xasprintf("%s (%s) is not used: NO_PROXY is *; egress connects by itself", place, from);
		return n;
	}
	n.detail = xasprintf("%s (%s)%s%s", place, from, u.auth[0] != '\0' ? ", with a login" : "",
			     conf->no_proxy != NULL ? "; NO_PROXY says who is reached without it" : "");
	explicit_bzero(&u, sizeof(u));
	return n;
}
