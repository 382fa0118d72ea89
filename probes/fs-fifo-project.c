/* SPDX-License-Identifier: MIT */
/*
 * FS-24: a program of the host reads commands from a FIFO that lies in the
 * project.
 *
 * Remedy: hide it: mask FIFOs found in binds with an empty file.
 * See: fifo(7)
 */
#include "fifo.h"

PROBE("fs-fifo-project", "a FIFO of the host in the project takes no byte")
{
	LOOK_NEED(fifo, "CANARY_PFIFO");
	return fifo_write(fifo);
}
