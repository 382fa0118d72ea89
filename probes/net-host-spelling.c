/* SPDX-License-Identifier: MIT */
/*
 * NE-10: a name that a rule denies below a wildcard that allows, asked for in another case, then with the dot or a NUL
 * inside of a label: who writes labels one behind the other takes that for other names.
 *
 * Remedy: `--net filtered` and the rules: claude-sandbox --dry-run shows them, and what egress
 *   refuses is said.
 * See: RFC 4343; RFC 1035, 3.1; claude-sandbox(1), --deny-host
 */
#include "out.h"

PROBE("net-host-spelling", "a deny rule holds for each spelling of its name in a question")
{
	static const size_t label[] = { sizeof("bad") - 1, sizeof("bad.wild") - 1 };
	unsigned char q[300], hello[400];
	struct sockaddr_in server = out_server(), sa;
	size_t hello_len, n;
	struct probe_result r = { 0 };
	OUT_NEED(o, "CANARY_OUT_WILD");

	hello_len = out_hello(hello, o.name, strlen(o.name));
	for (unsigned i = 0; i < 3; i++) {
		int err;

		sa = out_to("0.0.0.0", o.port);
		n = out_question(q, i == 0   ? "BaD.wIlD.test"
				    : i == 1 ? "bad_wild.test"
					     : "bad.wild.test_good.test");
		if (i == 1)
			q[12 + 1 + label[0]] = '.';
		if (i == 2)
			q[12 + 1 + label[1] + 1 + 4] = 0;
		err = out_ask_bytes(&server, q, n, 0, &sa.sin_addr, sizeof(sa.sin_addr));
		if (err == ETIMEDOUT)
			return probe_unknown(err, "resolve", "the name server does not answer");
		r = err != 0 ? probe_denied(err, "resolve", "%s", probe_errno_name(err))
			     : out_connect(&sa, hello, hello_len, "connect");
		if (r.seen != PROBE_DENIED)
			return r;
	}
	return r;
}
