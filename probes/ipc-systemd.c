/* SPDX-License-Identifier: MIT */
/*
 * IP-05: the manager, the journal and user records. The host's real ones
 * are connected to and left; planted ones must answer.
 *
 * Remedy: hide /run.
 * See: systemd.journal-fields(7); https://systemd.io/USER_GROUP_API/
 */
#include "sock.h"

PROBE("ipc-systemd", "private sockets of systemd cannot be reached")
{
	return sock_family("systemd");
}
