/* SPDX-License-Identifier: MIT */
/*
 * IP-07: they decrypt and sign for whoever asks. The host's real ones are
 * connected to and left; planted ones must answer.
 *
 * Remedy: hide /run.
 * See: gpg-agent(1)
 */
#include "sock.h"

PROBE("ipc-key-agent", "gpg agent, keyring and smart card daemons cannot be reached")
{
	return sock_family("keyagent");
}
