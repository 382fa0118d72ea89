/* SPDX-License-Identifier: MIT */
/*
 * HC-07: machine-id and the serial numbers of the hardware name the machine
 * for good.
 *
 * Remedy: mask /etc/machine-id, /var/lib/dbus/machine-id and
 *         /sys/class/dmi.
 * See: machine-id(5)
 */
#include "look.h"

PROBE("cred-machine-id", "what identifies the machine cannot be read")
{
	static const char *const files[] = {
		"/etc/machine-id",
		"/var/lib/dbus/machine-id",
		"/sys/class/dmi/id/product_uuid",
		"/sys/class/dmi/id/product_serial",
		"/sys/class/dmi/id/board_serial",
		NULL,
	};
	char buf[256];
	long n, err = 0;

	LOOK_NEED(id, "CANARY_MACHINE_ID");
	for (int i = 0; files[i] != NULL; i++) {
		n = probe_read_file(files[i], buf, sizeof(buf));
		if (n > 0 && (i > 1 || strstr(buf, id) != NULL))
			return probe_allowed("read", "%s can be read", files[i]);
		if (i == 0)
			err = n < 0 ? -n : 0;
	}
	return probe_denied((int)err, "openat", "none of them holds the host's value");
}
