/* SPDX-License-Identifier: MIT */
/*
 * IP-07: an agent signs for whoever asks. The host's real ones are
 * connected to and left; planted ones must answer.
 *
 * Remedy: hide /run and /tmp; --ssh-agent opens it knowingly.
 * See: ssh-agent(1)
 */
#include "sock.h"

PROBE("ipc-ssh-agent", "ssh agents cannot be reached")
{
	return sock_family("sshagent");
}
