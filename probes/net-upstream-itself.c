/* SPDX-License-Identifier: MIT */
/*
 * NE-16: whoever spoke to the proxy by which egress goes out would be sent on to any host. Its name is below a wildcard
 * that allows, and its port is one that is meant without one: it is refused for what it is.
 *
 * Remedy: `claude-sandbox --explain PROXY:PORT` says that it is out of reach; an own rule for its very name opens it.
 * See: claude-sandbox(1), --upstream
 */
#include "out.h"

PROBE("net-upstream-itself", "the proxy by which this machine goes out is spoken to by nobody inside")
{
	OUT_NEED(o, "CANARY_OUT_PROXY");
	return out_text(&o, "CONNECT denied.test:22 HTTP/1.1\r\nHost: denied.test:22\r\n\r\n");
}
