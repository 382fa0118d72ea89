/* SPDX-License-Identifier: MIT */
/*
 * The port of a database of the host, which was asked for.
 *
 * Remedy: look at what claude-sandbox says about the port when it starts.
 * See: claude-sandbox(1), --host-port
 */
#include "out.h"

PROBE("ok-host-port", "a port of the host that was asked for answers")
{
	long port = probe_input_long("CANARY_OUT_OPENED");

	return port < 0 ? probe_na("%s", probe_input("CANARY_OUT_WHY") != NULL ? probe_input("CANARY_OUT_WHY")
									       : "needs CANARY_OUT_OPENED")
			: sock_tcp4("127.0.0.1", port);
}
