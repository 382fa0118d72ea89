/* SPDX-License-Identifier: MIT */
/*
 * IP-08: the microphone is behind them. The host's real ones are connected
 * to and left; planted ones must answer.
 *
 * Remedy: hide /run.
 * See: pipewire(1)
 */
#include "sock.h"

PROBE("ipc-audio", "sound and camera servers cannot be reached")
{
	return sock_family("audio");
}
