/* SPDX-License-Identifier: MIT */
/*
 * NE-01: SIOCGIFHWADDR of each name that the host has: the hardware address
 * decides, a name may be the same.
 *
 * Remedy: own network namespace.
 * See: netdevice(7)
 */
#include "sock.h"

#include <net/if.h>
#include <sys/ioctl.h>

PROBE("net-interfaces", "the interfaces of the host are not there")
{
	int fd, err = ENODEV;

	LOOK_NEED(list, "CANARY_IFACES");
	fd = sock_new(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return probe_denied(-fd, "socket", "%s", probe_errno_name(-fd));
	for (const char *p = list; *p != '\0'; p += strcspn(p, ","), p += *p == ',') {
		struct ifreq q = { 0 };
		unsigned char m[6];
		char name[IFNAMSIZ];
		long r;

		if (sscanf(p, "%15[^=]=%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", name, &m[0], &m[1], &m[2], &m[3],
			   &m[4], &m[5]) != 7)
			continue;
		memcpy(q.ifr_name, name, sizeof(name));
		r = probe_sys(SYS_ioctl, (long)fd, (long)SIOCGIFHWADDR, &q);
		if (r == 0 && memcmp(q.ifr_hwaddr.sa_data, m, 6) == 0) {
			look_close(fd);
			return probe_allowed("ioctl SIOCGIFHWADDR", "%s is the host's", name);
		}
		if (r < 0)
			err = (int)-r;
	}
	look_close(fd);
	return probe_denied(err, "ioctl SIOCGIFHWADDR", "none of them");
}
