/* SPDX-License-Identifier: MIT */
/*
 * NE-05: ALG, VSOCK, CAN, RDS, TIPC, KCM, SMC, XDP and their like are
 * kernel modules that load for anyone who asks. A family that the kernel
 * lacks counts as refused; one that opens counts as reached.
 *
 * Remedy: allow AF_UNIX, AF_INET, AF_INET6 and routes in the filter,
 *         nothing else.
 * See: CVE-2017-6074; CVE-2016-8655; address_families(7)
 */
#include "sock.h"

PROBE("net-other-families", "sockets of unusual families cannot be made")
{
	static const int families[] = { 38, 40, 41, 43, 44, 29, 21, 30, 15, 31, 9, 4 };
	char got[160] = "";
	int err = 0;

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type++) {
			int fd = sock_new(families[i], type, 0);

			look_close(fd);
			if (fd >= 0) {
				snprintf(got + strlen(got), sizeof(got) - strlen(got), " family-%d",
					 families[i]);
				break;
			}
			if (fd == -EPERM || fd == -EACCES || err == 0)
				err = -fd;
		}
	if (got[0] != '\0')
		return probe_allowed("socket", "sockets of:%s", got);
	return look_open_arm() ? probe_na("this kernel has none of these families")
			       : probe_denied(err, "socket", "%s", probe_errno_name(err));
}
