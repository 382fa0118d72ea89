/* SPDX-License-Identifier: MIT */
/*
 * FS-15: a read-only mount does not stop writing into a FIFO: with a reader
 * on the host the bytes arrive there.
 *
 * Remedy: hide it: mask FIFOs found in binds with an empty file.
 * See: fifo(7); mount_namespaces(7)
 */
#include "fifo.h"

PROBE("fs-fifo-ro", "a FIFO in a read-only bind takes no byte")
{
	LOOK_NEED(fifo, "CANARY_RFIFO");
	return fifo_write(fifo);
}
