/* SPDX-License-Identifier: MIT */
/*
 * EF-09: the harness switched ADDR_NO_RANDOMIZE on before it started the
 * launcher: personality goes through fork and exec.
 *
 * Remedy: let init call personality(0) before the command.
 * See: personality(2)
 */
#include "look.h"

PROBE("env-personality", "address randomisation is on, whatever the launcher was started with")
{
	long r = probe_sys(SYS_personality, 0xffffffffL);

	LOOK_NEED(persona, "CANARY_PERSONA");
	if (r < 0)
		return probe_unknown((int)-r, "personality", "the query is refused");
	return r & 0x0040000 ? probe_allowed("personality", "ADDR_NO_RANDOMIZE came in: %#lx", r)
			     : probe_denied(0, "personality", "%#lx", r);
}
