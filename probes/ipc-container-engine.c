/* SPDX-License-Identifier: MIT */
/*
 * IP-06: whoever talks to the engine is root on the host. The host's real
 * ones are connected to and left; planted ones must answer.
 *
 * Remedy: hide /run and /var; leave the docker group at home.
 * See:
 *      https://docs.docker.com/engine/security/#docker-daemon-attack-surface
 */
#include "sock.h"

PROBE("ipc-container-engine", "container engines cannot be reached")
{
	return sock_family("container");
}
